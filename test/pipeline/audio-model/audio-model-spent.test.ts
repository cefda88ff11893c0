import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { chatWithFallbacks } from '#src/chat/metered-chat.ts';
import type { ChatModel, Usage } from '#src/chat/ports.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import { audioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
import { FakeHost, said, textOf, turnOf } from '#test/contracts/pipeline.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { chainOf } from '#test/fakes/fallbacks.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import { FakeAudioChat } from './audio-model-fake.ts';

const never = new AbortController().signal;
const reported: Usage = { inputTokens: 9, outputTokens: 2 };
/** The three tokens of `Be brief.`, and one for each 100 ms of sound. */
const withSound = {
  inputTokens: 13,
  outputTokens: 0,
  audioInputTokens: 10,
  audioOutputTokens: 0,
  isEstimate: true,
};
const inWords = { inputTokens: 4, outputTokens: 0, isEstimate: true };
const broken = new BotError('provider.truncated', true, 'It broke off.');
const refused = new BotError('provider.bad_key', false, 'No.');

/** Answer and its usage for a turn of one second of speech, from these models in turn. */
async function answerOf(models: readonly ChatModel[], clock = new VirtualClock()) {
  const model = chatWithFallbacks(chainOf('chat', models, clock).chain);
  const parts = { open: () => model, synthesizer: new FakeSynthesizer(), input: 'audio' } as const;
  const host = new FakeHost();
  host.release();
  const answer = Array.fromAsync(audioModel(parts).answer(turnOf(said('hello')), host, never));
  const text = answer.then(textOf, (error: BotError) => error.code);
  await clock.advance(361_000);
  return { text: await text, spent: host.spendings };
}

const hears = (...steps: readonly ChatStep[]) => new FakeAudioChat([steps]);
test('a model that hears and breaks off before it is replaced is paid beside the one that answers', async () => {
  const models = [hears({ error: broken }), hears('Four.', { usage: reported })];
  const { text, spent } = await answerOf(models);
  expect([text, spent]).toEqual(['Four.', [withSound, withSound, reported]]);
});

test('a model that hears and refuses costs nothing, and nothing hides the one before it', async () => {
  const only = await answerOf([hears({ error: refused }), hears('Four.', { usage: reported })]);
  expect(only.spent).toEqual([reported]);
  const both = await answerOf([hears('stall'), hears({ error: refused })]);
  expect([both.text, both.spent]).toEqual(['provider.bad_key', [withSound]]);
});

test('each of several models that read in the place of one that hears is paid', async () => {
  const clock = new VirtualClock();
  const readers: ChatModel[] = [
    new FakeChat([[{ error: broken }]]),
    new FakeChat([['Four.', { usage: reported }]]),
  ];
  const { chain } = chainOf('chat', readers, clock);
  const standIn = audioModelStandIn(chatWithFallbacks(chain));
  const { text, spent } = await answerOf([hears({ error: refused }), standIn], clock);
  expect([text, spent]).toEqual(['Four.', [inWords, inWords, reported]]);
});
