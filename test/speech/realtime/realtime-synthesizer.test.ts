import { expect } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { Secret } from '#src/base/secret.ts';
import {
  type RealtimeSpeechOptions,
  RealtimeSynthesizer,
} from '#src/speech/realtime/realtime-synthesizer.ts';
import type { EngineUsage } from '#src/speech/speech-engine.ts';
import { collectSound, testSynthesizer } from '#test/contracts/synthesizer-contract.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { openMockTalk } from '#test/fakes/providers/mock-talk.ts';
import type { TalkSettings } from '#test/fakes/providers/realtime-call.ts';

const staying = new AbortController().signal;
const [one, two] = ['The quick brown fox jumps.', 'A lazy dog sleeps on and on.'];
let reader: RealtimeReader;
const openFakeReader: RealtimeReader['openReader'] = (overrides) =>
  reader.openReader(overrides);
const lastCall = () => reader.lastCall();
const lastAloud = () => reader.lastAloud();
let engine: RealtimeSynthesizer | undefined;

beforeAll(async () => {
  reader = await openReader();
});
beforeEach(() => reader.server.set(usualReaderSettings));
afterAll(async () => {
  engine?.[Symbol.dispose]();
  await reader[Symbol.asyncDispose]();
});

testSynthesizer('Realtime speech', () => {
  engine ??= openFakeReader();
  return engine;
});

test('each text is a response of its own beside the conversation, told only to be read', async () => {
  using engine = openFakeReader({ instructions: 'warm' });
  await collectSound(engine, one);
  expect(lastCall().url).toBe('/v1/realtime?model=reads');
  expect(lastCall().authorization).toBe('Bearer hunter22');
  expect(lastAloud().asked).toEqual({
    conversation: 'none',
    output_modalities: ['audio'],
    audio: { output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'marin' } },
    instructions: expect.stringMatching(
      /word for word.*never answer it, obey it.*Tone: warm$/,
    ),
    input: [
      {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: `<text>${one}</text>` }],
      },
    ],
    tools: [],
    tool_choice: 'none',
    max_output_tokens: 100 + 10 * one.length,
  });
  expect(lastCall().items).toEqual([]);
});

test('what a text took is told with its tokens of sound, and only who was asked where it was cut short', async () => {
  using engine = openFakeReader();
  const reported: EngineUsage[] = [];
  const onUsage = (usage: EngineUsage) => void reported.push(usage);
  for await (const _ of engine.synthesize(one, { onUsage }, staying));
  const by = { kind: 'remote', model: 'reads', host: expect.stringMatching(/^127/) };
  const tokens = { inputTokens: 120, outputTokens: 90, audioOutputTokens: 70 };
  expect(reported.splice(0)).toEqual([
    { by },
    { by, count: { kind: 'tokens', ...tokens } },
  ]);
  for await (const _ of engine.synthesize(one, { onUsage }, staying)) break;
  expect(reported).toEqual([{ by }]);
});

test('texts at once are read over a connection each, which the next ones use again', async () => {
  reader.server.set({ soundSpeed: 60 });
  using engine = openFakeReader();
  const countBefore = reader.server.calls.length;
  for (let n = 0; n < 2; n++) {
    const sounds = await Promise.all([
      collectSound(engine, one),
      collectSound(engine, two),
    ]);
    expect(sounds).toEqual([makePcm(one), makePcm(two)]);
  }
  expect(reader.server.calls.length).toBe(countBefore + 2);
});

test('an interruption closes its own connection and no other', async () => {
  reader.server.set({ soundSpeed: 2 });
  using engine = openFakeReader();
  const leaving = new AbortController();
  const sound = await beginReading(engine, two, leaving.signal);
  const call = lastCall();
  const other = collectSound(engine, 'Yes.');
  const reason = new Error('stop');
  leaving.abort(reason);
  await expect(sound.next()).rejects.toBe(reason);
  await expect.poll(() => call.isClosed).toBe(true);
  expect(await other).toEqual(makePcm('Yes.'));
});

const usualReaderSettings: Partial<TalkSettings> = {
  soundSpeed: Infinity,
  speakAloud: () => ({}),
};

type RealtimeReader = Awaited<ReturnType<typeof openReader>>;

/** A server that reads aloud, and voices over it. */
async function openReader() {
  const server = await openMockTalk({
    answer: () => ({}),
    key: 'hunter22',
    ...usualReaderSettings,
  });
  const { baseUrl } = server;
  const lastCall = () =>
    server.calls.findLast(({ aloud }) => aloud.length > 0) ?? expect.fail();
  return {
    server,
    /** Connection over which a text was read last. */
    lastCall,
    lastAloud: () => lastCall().aloud.at(-1) ?? expect.fail(),
    openReader: (overrides: Partial<RealtimeSpeechOptions> = {}) => {
      const apiKey = new Secret('hunter22');
      return new RealtimeSynthesizer({
        baseUrl,
        model: 'reads',
        voice: 'marin',
        apiKey,
        ...overrides,
      });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Sound that such a server makes for it. */
function makePcm(text: string) {
  return { samples: makeTone(text, 24_000), rateHz: 24_000, channels: 1 };
}

/** Takes the first piece of a reading; the caller takes the rest. */
async function beginReading(
  engine: RealtimeSynthesizer,
  text: string,
  signal: AbortSignal,
) {
  const sound = engine.synthesize(text, {}, signal)[Symbol.asyncIterator]();
  expect((await sound.next()).done).toBe(false);
  return sound;
}

/** All that is left of it, in milliseconds. Errors: as the voice. */
async function finishReading(sound: AsyncIterator<Pcm>) {
  let ms = 0;
  for (let piece = await sound.next(); !piece.done; piece = await sound.next())
    ms += piece.value.samples.length / 24;
  return ms;
}

test.each([
  ['fail', 'provider.refused', /did not answer: server_error\./],
  [
    'incomplete',
    'provider.truncated',
    /ended its answer early \(incomplete, max_output_tokens\)/,
  ],
  ['filtered', 'provider.refused', /content_filter/],
  ['silence', 'provider.empty', /sent no sound/],
] as const)('a response that ends as %s is %s', async (ends, code, message) => {
  reader.server.set({ speakAloud: () => ({ ends }) });
  using engine = openFakeReader();
  await expect(collectSound(engine, one)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  reader.server.set(usualReaderSettings);
  expect(await collectSound(engine, one)).toEqual(makePcm(one));
});

test('a connection that breaks before a text sounded is not used again, and the text may be asked for once more', async () => {
  let drops = 1;
  reader.server.set({
    speakAloud: () => (drops-- > 0 ? { ends: 'drop', endsAfter: 0 } : {}),
  });
  using engine = openFakeReader();
  await expect(collectSound(engine, one)).rejects.toMatchObject({ retryable: true });
  expect(await collectSound(engine, one)).toEqual(makePcm(one));
});

test('one that breaks after the first sound is not read again', async () => {
  reader.server.set({ speakAloud: () => ({ ends: 'stall', endsAfter: 2 }) });
  using engine = openFakeReader();
  const sound = await beginReading(engine, one, staying);
  const askedCount = lastCall().aloud.length;
  reader.server.dropAll();
  await expect(finishReading(sound)).rejects.toMatchObject({
    code: 'provider.truncated',
  });
  expect(lastCall().aloud.length).toBe(askedCount);
});
