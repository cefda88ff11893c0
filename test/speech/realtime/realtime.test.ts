import { createServer } from 'node:http';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import { Secret } from '#src/base/secret.ts';
import {
  type RealtimeOptions,
  RealtimeTranscriber,
} from '#src/speech/realtime/realtime-transcriber.ts';
import {
  collectHeard,
  sendUtterance,
  testListening,
} from '#test/contracts/listening-contract.ts';
import {
  testTranscriber,
  transcribeText,
} from '#test/contracts/transcriber-contract.ts';
import { attachRealtime } from '#test/fakes/providers/mock-realtime.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { hearWords, wordUtterances } from '#test/fakes/tone-words.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const staying = new AbortController().signal;
const [five] = wordUtterances;
const usual = {
  continuous: true,
  recogniseMs: 0,
  trouble: undefined,
} as const;
const server = createServer();
const mock = attachRealtime(server, { hears: hearWords, key: 'hunter22' });
const served = await openListeningServer(server, () => mock.dropAll());
const baseUrl = `${served.origin}/v1`;
let latest = 0;
let engine: RealtimeTranscriber | undefined;

afterAll(async () => {
  engine?.[Symbol.dispose]();
  await served[Symbol.asyncDispose]();
});

/** Each has an address of its own, so that its connections can be told from those of others. */
function openRecogniser(overrides: Partial<RealtimeOptions> = {}) {
  const apiKey = new Secret('hunter22');
  const own = `${baseUrl}?of=${++latest}`;
  return new RealtimeTranscriber({
    baseUrl: own,
    model: 'gpt-live-transcribe',
    apiKey,
    ...overrides,
  });
}

/** Connections of the recogniser opened last. */
function listCalls() {
  return mock.calls.filter(
    ({ url }) => new URL(url, baseUrl).searchParams.get('of') === `${latest}`,
  );
}

const usualEngine = () => {
  engine ??= openRecogniser();
  return engine;
};
testListening('Realtime', usualEngine, wordUtterances, true);
testTranscriber('Realtime', usualEngine, wordUtterances);

beforeEach(() => mock.set(usual));

test('the session only transcribes 24 kHz sound and never decides itself when somebody is done', async () => {
  using transcriber = openRecogniser({ language: admitChosenLanguage('de') });
  expect(await transcribeText(transcriber, five.pcm)).toBe(five.text);
  const { url, authorization, updates, commits } = listCalls().at(-1) ?? {};
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

test('a connection lost in mid-utterance ends it, and a new utterance gets another one', async () => {
  using transcriber = openRecogniser();
  using listening = transcriber.listen?.(() => {}, staying) ?? expect.fail();
  await sendUtterance(listening, five);
  await collectHeard(listening);
  await sendUtterance(listening, wordUtterances[1]);
  mock.dropAll();
  for (let n = 0; n < 2; n++)
    await expect(listening.settle(staying)).rejects.toMatchObject({
      code: 'provider.truncated',
    });
  expect(await transcribeText(transcriber, five.pcm)).toBe(five.text);
});

test.each([
  [
    'bad-key',
    'provider.bad_key',
    'refused the key (401): You may not: 401 Unauthorized',
  ],
  ['not-found', 'provider.refused', 'answered with error 404'],
  ['bad-model', 'provider.refused', 'did not answer: '],
  ['failed-item', 'provider.refused', 'did not answer: '],
] as const)('the fault %s is %s', async (trouble, code, words) => {
  mock.set({ trouble });
  using transcriber = openRecogniser();
  const error = await transcribeText(transcriber, five.pcm).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
});

test('one connection is opened ahead, and closed after a minute without use', async () => {
  const clock = new VirtualClock(undefined, 20); // the server answers between two instants
  using transcriber = openRecogniser({ clock });
  for (let n = 0; n < 3; n++) transcriber.warm();
  await clock.advance(100);
  const listOpen = () => listCalls().filter((call) => call.closedAtMs === undefined);
  expect(listOpen()).toHaveLength(1);
  await clock.advance(55_000);
  expect(listOpen()).toHaveLength(1);
  await clock.advance(10_000);
  await expect.poll(() => listOpen().length).toBe(0);
});

test('a recogniser that is closed leaves no connection open', async () => {
  const transcriber = openRecogniser();
  await Promise.all([1, 2, 3].map(() => transcribeText(transcriber, five.pcm)));
  transcriber.warm();
  transcriber[Symbol.dispose]();
  const listOpen = () => listCalls().filter((call) => call.closedAtMs === undefined);
  await expect.poll(() => listOpen().length).toBe(0);
});
