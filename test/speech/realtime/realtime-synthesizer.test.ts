import type { RealtimeSynthesizer } from '#src/speech/realtime/realtime-synthesizer.ts';
import type { EngineUsage } from '#src/speech/speech-engine.ts';
import { collectSound, testSynthesizer } from '#test/contracts/synthesizer-contract.ts';
import {
  beginReading,
  makePcm,
  openReader,
  type RealtimeReader,
  usualReaderSettings,
} from './open-reader.ts';

const staying = new AbortController().signal;
const [one, two] = ['The quick brown fox jumps.', 'A lazy dog sleeps on and on.'];
let reader: RealtimeReader;
const opened: RealtimeReader['openReader'] = (overrides) =>
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
  engine ??= opened();
  return engine;
});

test('each text is a response of its own beside the conversation, told only to be read', async () => {
  using engine = opened({ instructions: 'warm' });
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
  using engine = opened();
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
  using engine = opened();
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
  using engine = opened();
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
