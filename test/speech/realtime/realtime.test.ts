import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import { Secret } from '#src/base/secret.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import type { OnResent } from '#src/speech/ports.ts';
import type { RealtimeOptions } from '#src/speech/realtime/realtime-session.ts';
import {
  openRealtimeTranscriber,
  type RealtimeTranscriber,
} from '#src/speech/realtime/realtime-transcriber.ts';
import { heardBy, listeningContract, say } from '#test/contracts/listening.ts';
import { textOf, transcriberContract } from '#test/contracts/transcriber.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { attachRealtime, type MockRealtime } from '#test/fakes/providers/realtime.ts';
import { hearWords, utterances } from '#test/fakes/spoken-words.ts';

const staying = new AbortController().signal;
const [five] = utterances;
const usual = { dialect: 'ga', continuous: true, recogniseMs: 0, trouble: undefined } as const;
const server = createServer();
let mock: MockRealtime;
let baseUrl: string;
let latest = 0;
const engines: Partial<Record<string, RealtimeTranscriber>> = {};

beforeAll(async () => {
  mock = attachRealtime(server, { hears: hearWords, key: 'hunter22' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(async () => {
  for (const engine of Object.values(engines)) engine?.[Symbol.dispose]();
  mock.dropAll();
  await new Promise((resolve) => server.close(resolve));
});

/** Each has an address of its own, so that its connections can be told from those of others. */
function opened(more: Partial<RealtimeOptions> = {}): RealtimeTranscriber {
  const apiKey = new Secret('hunter22');
  const own = `${baseUrl}?of=${++latest}`;
  return openRealtimeTranscriber({ baseUrl: own, model: 'gpt-live-transcribe', apiKey, ...more });
}

/** Connections of the recogniser opened last. */
function calls(): MockRealtime['calls'] {
  return mock.calls.filter(
    ({ url }) => new URL(url, baseUrl).searchParams.get('of') === `${latest}`,
  );
}

for (const dialect of ['ga', 'beta-transcription', 'beta-session'] as const) {
  const engine = () => {
    mock.set({ ...usual, dialect });
    engines[dialect] ??= opened();
    return engines[dialect];
  };
  listeningContract(`Realtime, ${dialect}`, engine, utterances, true);
  if (dialect === 'ga') transcriberContract('Realtime', engine, utterances);
}

beforeEach(() => mock.set(usual));

test('the session only transcribes 24 kHz sound and never decides itself when somebody is done', async () => {
  using transcriber = opened({ language: 'de' });
  expect(await textOf(transcriber, five.pcm)).toBe(five.text);
  const { url, authorization, updates, commits } = calls().at(-1) ?? {};
  expect(url).toBe(`/v1/realtime?of=${latest}&intent=transcription`);
  expect(authorization).toBe('Bearer hunter22');
  expect(updates).toEqual([
    {
      type: 'transcription',
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          transcription: { model: 'gpt-live-transcribe', languages: ['de'] },
          turn_detection: null,
        },
      },
    },
  ]);
  expect(commits).toEqual([{ soundMs: 1500, atMs: expect.any(Number) }]);
});

test('what is known to be in another language goes over a connection of that language', async () => {
  using transcriber = opened({ language: 'de' });
  const english = transcriber.inLanguage?.('en-GB') ?? expect.fail();
  expect(transcriber.inLanguage?.('en')).toBe(english);
  expect(transcriber.inLanguage?.('de')).toBe(transcriber);
  await textOf(english, five.pcm);
  const { updates } = calls().at(-1) ?? {};
  expect(updates).toMatchObject([{ audio: { input: { transcription: { languages: ['en'] } } } }]);
});

test('eight languages have connections of their own, and a ninth goes over that without a hint', () => {
  using transcriber = opened();
  const tags = ['en', 'de', 'fr', 'es', 'it', 'nl', 'pl', 'sv'];
  const own = new Set(tags.map((tag) => transcriber.inLanguage?.(tag)));
  expect([own.size, own.has(transcriber)]).toEqual([8, false]);
  expect(transcriber.inLanguage?.('da')).toBe(transcriber);
  expect(own.has(transcriber.inLanguage?.('sv'))).toBe(true);
});

test('words that come only after a commit are the text all the same', async () => {
  mock.set({ continuous: false });
  using transcriber = opened();
  expect(await textOf(transcriber, five.pcm)).toBe(five.text);
});

test('a pause that adds nothing is not committed, a word shorter than 100 ms is filled up', async () => {
  using transcriber = opened();
  using listening = transcriber.listen?.(() => {}, staying) ?? expect.fail();
  await say(listening, five);
  await heardBy(listening);
  listening.push(new Int16Array(8000).map((_, n) => (n % 2 ? 40 : -40)));
  expect(await heardBy(listening)).toBe(five.text);
  expect(calls().at(-1)?.commits).toHaveLength(1);
  using short = transcriber.listen?.(() => {}, staying) ?? expect.fail();
  short.push(new Int16Array(800).fill(9000));
  await short.settle(staying);
  expect(calls().at(-1)?.commits.at(-1)?.soundMs).toBeCloseTo(100);
});

test('one connection is ready before anybody speaks, and is used by one after the other', async () => {
  using transcriber = opened();
  await expect.poll(() => calls().length).toBe(1);
  for (const { pcm, text } of utterances) expect(await textOf(transcriber, pcm)).toBe(text);
  expect(calls().length).toBe(1);
});

test('sound pushed before the connection stands is not lost', async () => {
  using transcriber = opened();
  using listening = transcriber.listen?.(() => {}, staying) ?? expect.fail();
  listening.push(five.pcm.samples);
  expect(await heardBy(listening)).toBe(five.text);
});

test('a server counts each stretch of an utterance, and each is told once', async () => {
  using transcriber = opened();
  using listening = transcriber.listen?.(() => {}, staying) ?? expect.fail();
  await say(listening, five);
  const by = servedBy('gpt-live-transcribe', baseUrl);
  const { usage } = await listening.settle(staying);
  const ms = calls().at(-1)?.commits[0]?.soundMs;
  expect(usage).toEqual({ by, count: { kind: 'heard', ms } });
  expect((await listening.settle(staying)).usage).toEqual({ by });
});

test('a connection lost in mid-utterance is replaced, and nothing said is lost', async () => {
  using transcriber = opened();
  using listening = transcriber.listen?.(() => {}, staying) ?? expect.fail();
  await say(listening, five);
  await heardBy(listening);
  await say(listening, utterances[1]);
  const before = calls().length;
  mock.dropAll();
  expect(await heardBy(listening)).toBe(`${five.text} ${utterances[1].text}`);
  const commits = calls()
    .slice(before)
    .flatMap((call) => call.commits);
  expect(commits).toEqual([{ soundMs: 1200, atMs: expect.any(Number) }]);
});

test('sound that goes up once more over another connection is told, but not what has its words', async () => {
  using transcriber = opened();
  const resent = new Map<string, number>();
  const onResent: OnResent = (ms, by) => {
    const model = by.kind === 'remote' ? by.model : by.kind;
    resent.set(model, (resent.get(model) ?? 0) + ms);
  };
  using listening = transcriber.listen?.(() => {}, staying, onResent) ?? expect.fail();
  await say(listening, five);
  await heardBy(listening);
  expect(resent.size).toBe(0);
  await say(listening, utterances[1]);
  mock.dropAll();
  await heardBy(listening);
  expect([...resent]).toEqual([['gpt-live-transcribe', durationMs(utterances[1].pcm)]]);
});

test('an utterance that is sent whole tells what went up once more, too, if no words come at all', async () => {
  using transcriber = opened();
  mock.set({ trouble: 'drops' });
  let resentMs = 0;
  const onResent: OnResent = (ms) => {
    resentMs += ms;
  };
  const words = Array.fromAsync(transcriber.transcribe(five.pcm, staying, onResent));
  await expect(words).rejects.toMatchObject({ code: 'provider.truncated' });
  expect(resentMs).toBeCloseTo(durationMs(five.pcm), 0);
});

test('a server that drops every connection is tried twice, and again at the next pause', async () => {
  using transcriber = opened();
  await textOf(transcriber, five.pcm);
  const commits = () => calls().flatMap((call) => call.commits).length;
  const before = commits();
  mock.set({ trouble: 'drops' });
  using listening = transcriber.listen?.(() => {}, staying) ?? expect.fail();
  await say(listening, five);
  await expect(listening.settle(staying)).rejects.toMatchObject({ code: 'provider.truncated' });
  expect(commits()).toBe(before + 2);
  mock.set({ trouble: undefined });
  expect(await heardBy(listening)).toBe(five.text);
});

test('a server that wants its model in the address gets it, and at once the next time', async () => {
  mock.set({ trouble: 'wants-model', dialect: 'beta-session' });
  using transcriber = opened();
  expect(await textOf(transcriber, five.pcm)).toBe(five.text);
  const urls = calls()
    .slice(-2)
    .map(({ url }) => url);
  expect(urls[1]).toBe(`${urls[0]}&model=gpt-live-transcribe`);
});

test('a base URL without /v1 is forgiven', async () => {
  using transcriber = opened({ baseUrl: baseUrl.replace('/v1', '') });
  expect(await textOf(transcriber, five.pcm)).toBe(five.text);
});

test.each([
  ['bad-key', 'provider.bad_key', 'refused the key (401): You may not: 401 Unauthorized'],
  ['not-found', 'provider.refused', 'answered with error 404'],
  ['bad-model', 'provider.refused', 'did not transcribe: '],
  ['failed-item', 'provider.refused', 'did not transcribe: '],
  ['silent', 'provider.late', 'did not send the words'],
] as const)('the fault %s is %s', async (trouble, code, words) => {
  mock.set({ trouble });
  // A busy machine lets no other fault come late.
  using transcriber = opened({ limits: { settleMs: trouble === 'silent' ? 100 : 30_000 } });
  const error = await textOf(transcriber, five.pcm).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
});

test('a server that is not there is unreachable', async () => {
  using transcriber = opened({ baseUrl: 'http://127.0.0.1:9/v1' });
  await expect(textOf(transcriber, five.pcm)).rejects.toMatchObject({
    code: 'provider.unreachable',
  });
});

test('closing the recogniser closes every connection', async () => {
  const transcriber = opened();
  transcriber.listen?.(() => {}, staying);
  transcriber.listen?.(() => {}, staying);
  await textOf(transcriber, five.pcm);
  const mine = calls().slice(-3);
  transcriber[Symbol.dispose]();
  await expect.poll(() => mine.filter(({ closedAtMs }) => closedAtMs !== undefined).length).toBe(3);
});

test('of connections that nobody needs, one stays after a minute', async () => {
  const clock = new VirtualClock(undefined, 20); // the server answers between two instants
  using transcriber = opened({ clock });
  const all = Promise.all([1, 2, 3].map(() => textOf(transcriber, five.pcm)));
  await clock.advance(100);
  await all;
  const open = () => calls().filter((call) => call.closedAtMs === undefined);
  expect(open()).toHaveLength(3);
  await clock.advance(55_000);
  expect(open()).toHaveLength(3);
  await clock.advance(10_000);
  await expect.poll(() => open().length).toBe(1);
});

test('a connection that fails ahead of need is tried again after 5, 10 and 20 s', async () => {
  const clock = new VirtualClock();
  mock.set({ trouble: 'bad-key' });
  using _ = opened({ clock });
  const tries = () => calls().length / 2; // each asks with and without the model
  const steps = [
    [0, 1],
    [5000, 2],
    [5000, 2],
    [5000, 3],
    [15_000, 3],
    [5000, 4],
  ] as const;
  for (const [ms, expected] of steps) {
    await clock.advance(ms);
    await expect.poll(tries).toBe(expected);
  }
});
