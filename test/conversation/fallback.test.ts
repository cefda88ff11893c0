import { expect, test } from 'vitest';
import { BotError, type ErrorCode, type FailureServer } from '#src/base/errors.ts';
import { chained } from '#src/pipeline/chained.ts';
import { text } from '#src/texts/texts.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, type FakeSynthesizerOptions } from '#test/fakes/speech.ts';

const sentences = [
  'The sun sets at five today.',
  'It rises again at eight tomorrow.',
  'Take your coat with you.',
];
const whole = sentences.join(' ');
const sorry = text('fail.tts');

const broken = (code: ErrorCode, retryable = false, about: FailureServer = {}) =>
  new BotError(code, retryable, 'It broke.', undefined, undefined, about);

/** Adam asks `questions` times, 15 s apart; the voice and the model may fail. */
async function ask(
  voice: FakeSynthesizerOptions,
  steps: readonly ChatStep[] = sentences.map((one) => `${one} `),
  questions = 1,
) {
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer({ ...voice, clock });
  const chat = new FakeChat([steps], clock);
  const pipeline = chained({ chat, synthesizer });
  const here = openSessionFixture({ synthesizer, pipeline, chat }, [adam], clock);
  await here.sessions.join(lounge, 'adam');
  for (let n = 0; n < questions; n++) {
    await pass(here, 15_000, await words('human-cards-004', adam, clock.nowMs()));
  }
  return { ...here, said: () => synthesizer.asked.map((one) => one.text) };
}

const always = (error: unknown, part = '') => ({
  fault: (one: string) => (one.includes(part) ? { afterPieces: 0, error } : undefined),
});

test('an answer whose voice is out is written whole, once', async () => {
  const { written, of } = await ask(always(broken('provider.refused')));
  expect(written).toEqual([`${sorry} ${whole}`]);
  expect(of('answered')).toMatchObject([{ finish: 'failed', text: `${whole} ` }]);
  expect(of('failed')).toMatchObject([{ stage: 'speak', code: 'provider.refused' }]);
});

test('only the sentence without sound is written while the others are heard', async () => {
  const { written, of } = await ask(always(broken('provider.refused', true), 'rises'));
  expect(written).toEqual([`${sorry} ${sentences[1]}`]);
  const heardText = [sentences[0], sentences[2]].join(' ');
  expect(of('answered')).toMatchObject([{ finish: 'completed', heardText }]);
});

test('a slow model is not waited for: what is known of an answer without voice is written within 2 s', async () => {
  const slow = [sentences[0] ?? '', ' ', { waitMs: 6_000 }, `${sentences[1]} ${sentences[2]}`];
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer({ ...always(broken('provider.refused')), clock });
  const chat = new FakeChat([slow], clock);
  const here = openSessionFixture(
    { synthesizer, pipeline: chained({ chat, synthesizer }), chat },
    [adam],
    clock,
  );
  await here.sessions.join(lounge, 'adam');
  let reportedMs = 0;
  const packets = await words('human-cards-004', adam, 0);
  for (let n = 0; n < 600; n++) {
    await pass(
      here,
      20,
      packets.filter(({ atMs }) => atMs > n * 20 - 20 && atMs <= n * 20 + 20),
    );
    if (here.written.length > 0) reportedMs ||= clock.nowMs();
  }
  const endedAtMs = here.of('answered')[0]?.instants.endedAtMs ?? 0;
  expect(reportedMs - endedAtMs).toBeLessThanOrEqual(2_000);
  expect(here.written).toEqual([`${sorry} ${sentences[0]}`, sentences.slice(1).join(' ')]);
});

test('why answers are written is told once, until the voice is back', async () => {
  let calls = 0;
  const error = broken('provider.refused');
  const fault = () => (++calls === 3 ? undefined : { afterPieces: 0, error });
  const { written } = await ask({ fault }, ['Yes.'], 4);
  expect(written).toEqual([`${sorry} Yes.`, 'Yes.', `${sorry} Yes.`]);
});

test.each([
  [
    broken('provider.bad_key', false, { provider: 'api.x' }),
    text('fail.key', { provider: 'api.x' }),
  ],
  [
    broken('provider.spent', false, { provider: 'api.x' }),
    text('fail.spent', { provider: 'api.x' }),
  ],
  [broken('provider.refused'), text('fail.llm', { provider: 'localhost:1' })],
  [
    broken('provider.rate_limited', true, { provider: 'api.x', retryAfterMs: 6_200 }),
    text('fail.limit', { provider: 'api.x', s: 7 }),
  ],
])('a trouble is said once while it lasts: %s', async (error, line) => {
  const { said, of } = await ask({}, [{ error }], 3);
  expect(said()).toEqual([line]);
  expect(of('failed')).toHaveLength(3);
});

test('of two servers that are replaced at once the channel reads of both', async () => {
  const here = openSessionFixture();
  await here.sessions.join(lounge, 'adam');
  for (const from of ['one', 'two', 'three'])
    here.sessions.provider({ kind: 'fallback-on', role: 'chat', from, to: 'Flite' });
  await pass(here, 100_000);
  expect(here.written).toHaveLength(3);
});

test('a fall-back is announced once a server, whatever it did for the bot, and so is the return', async () => {
  const here = openSessionFixture();
  await here.sessions.join(lounge, 'adam');
  const [from, to] = ['api.x', 'Flite'];
  here.sessions.provider({ kind: 'fallback-on', role: 'chat', from, to });
  here.sessions.provider({ kind: 'fallback-on', role: 'text to speech', from, to });
  await pass(here, 40_000);
  expect(here.written).toEqual([text('fallback.on', { provider: from, other: to })]);
  here.sessions.provider({ kind: 'fallback-off', role: 'chat', back: from });
  await pass(here, 100);
  expect(here.written).toHaveLength(1);
  here.sessions.provider({ kind: 'fallback-off', role: 'text to speech', back: from });
  await pass(here, 40_000);
  expect(here.written.slice(1)).toEqual([text('fallback.off', { provider: from })]);
});

test('a channel that was not told of a fall-back is not told of the return', async () => {
  const here = openSessionFixture();
  await here.sessions.join(lounge, 'adam');
  here.sessions.provider({ kind: 'fallback-off', role: 'chat', back: 'api.x' });
  await pass(here, 1_000);
  expect(here.written).toEqual([]);
});
