import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import { Secret } from '#src/base/secret.ts';
import type { OnResent } from '#src/speech/ports.ts';
import {
  openRealtimeTranscriber,
  type RealtimeOptions,
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

test.each([
  ['bad-key', 'provider.bad_key', 'refused the key (401): You may not: 401 Unauthorized'],
  ['not-found', 'provider.refused', 'answered with error 404'],
  ['bad-model', 'provider.refused', 'did not answer: '],
  ['failed-item', 'provider.refused', 'did not answer: '],
  ['silent', 'provider.late', 'did not send the words'],
] as const)('the fault %s is %s', async (trouble, code, words) => {
  mock.set({ trouble });
  // A busy machine lets no other fault come late.
  using transcriber = opened({ limits: { settleMs: trouble === 'silent' ? 100 : 30_000 } });
  const error = await textOf(transcriber, five.pcm).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
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

test('a recogniser that is closed leaves no connection open, not even one that waits for words', async () => {
  const transcriber = opened();
  await Promise.all([1, 2, 3].map(() => textOf(transcriber, five.pcm)));
  await textOf(transcriber, five.pcm); // by then the others are clean
  transcriber[Symbol.dispose]();
  const open = () => calls().filter((call) => call.closedAtMs === undefined);
  await expect.poll(() => open().length).toBe(0);
});
