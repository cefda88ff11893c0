import { BotError } from '#src/base/errors.ts';
import type { ChatModel, Usage } from '#src/chat/chat-model.ts';
import { createChatChain } from '#src/chat/metered-chat.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import { createAudioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
import {
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { FakeAudioChat } from './fake-audio-chat.ts';

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
  const model = createChatChain(makeChain('chat', models, clock).chain);
  const deps = {
    open: () => model,
    synthesizer: new FakeSynthesizer(),
    input: 'audio',
  } as const;
  const host = new FakeHost();
  host.release();
  const answer = Array.fromAsync(
    createAudioModelPipeline(deps).answer(makeTurn(toUtterance('hello')), host, never),
  );
  const text = answer.then(joinTexts, (error: BotError) => error.code);
  await clock.advance(361_000);
  return { text: await text, spent: host.spendings };
}

const hearSteps = (...steps: readonly ChatStep[]) => new FakeAudioChat([steps]);
test('a model that hears and breaks off before it is replaced is paid beside the one that answers', async () => {
  const models = [
    hearSteps({ error: broken }),
    hearSteps('Four.', { usage: reported }),
  ];
  const { text, spent } = await answerOf(models);
  expect([text, spent]).toEqual(['Four.', [withSound, withSound, reported]]);
});

test('a model that hears and refuses costs nothing, and nothing hides the one before it', async () => {
  const only = await answerOf([
    hearSteps({ error: refused }),
    hearSteps('Four.', { usage: reported }),
  ]);
  expect(only.spent).toEqual([reported]);
  const both = await answerOf([hearSteps('stall'), hearSteps({ error: refused })]);
  expect([both.text, both.spent]).toEqual(['provider.bad_key', [withSound]]);
});

test('each of several models that read in the place of one that hears is paid', async () => {
  const clock = new VirtualClock();
  const readers: ChatModel[] = [
    new FakeChat([[{ error: broken }]]),
    new FakeChat([['Four.', { usage: reported }]]),
  ];
  const { chain } = makeChain('chat', readers, clock);
  const standIn = createAudioModelStandIn(createChatChain(chain));
  const { text, spent } = await answerOf(
    [hearSteps({ error: refused }), standIn],
    clock,
  );
  expect([text, spent]).toEqual(['Four.', [inWords, inWords, reported]]);
});
