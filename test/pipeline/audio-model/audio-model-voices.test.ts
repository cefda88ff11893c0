import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import {
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { FakeAudioChat } from './fake-audio-chat.ts';

const never = new AbortController().signal;

/** A model that refuses the voice `marin`; how each of so many answers in it ended, and who was told. */
async function answersOf(model: FakeAudioChat, count: number) {
  model.goneVoice = 'marin';
  const reported: string[] = [];
  const onGone = (name: string, of: string) =>
    void reported.push(`${name} of the ${of}`);
  const turn = makeTurn(toUtterance('hello'));
  const style = { ...turn.style, voice: { name: 'marin', onGone } };
  const synthesizer = new FakeSynthesizer();
  const pipeline = createAudioModelPipeline({
    open: () => model,
    synthesizer,
    input: 'audio',
  });
  const texts: string[] = [];
  for (let n = 0; n < count; n++) {
    const host = new FakeHost();
    host.release();
    const replyParts = await Array.fromAsync(
      pipeline.answer({ ...turn, style }, host, never),
    );
    texts.push(joinTexts(replyParts));
  }
  return { texts, reported };
}

test('a voice that the model refuses gives way to its usual one, and is asked for once', async () => {
  const model = new FakeAudioChat([['It', ' is', ' five.']]);
  const { texts, reported } = await answersOf(model, 2);
  expect(texts).toEqual(['It is five.', 'It is five.']);
  expect(model.voices).toEqual(['marin', undefined, undefined]);
  expect(reported).toEqual(['marin of the model']);
});
