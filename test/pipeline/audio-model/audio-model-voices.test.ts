import { expect, test } from 'vitest';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import { FakeHost, said, textOf, turnOf } from '#test/contracts/pipeline.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import { FakeAudioChat } from './audio-model-fake.ts';

const never = new AbortController().signal;

/** A model that refuses the voice `marin`; how each of so many answers in it ended, and who was told. */
async function answersOf(model: FakeAudioChat, count: number) {
  model.goneVoice = 'marin';
  const reported: string[] = [];
  const onGone = (name: string, of: string) => void reported.push(`${name} of the ${of}`);
  const turn = turnOf(said('hello'));
  const style = { ...turn.style, voice: { name: 'marin', onGone } };
  const synthesizer = new FakeSynthesizer();
  const pipeline = audioModel({ open: () => model, synthesizer, input: 'audio' });
  const texts: string[] = [];
  for (let n = 0; n < count; n++) {
    const host = new FakeHost();
    host.release();
    const parts = await Array.fromAsync(pipeline.answer({ ...turn, style }, host, never));
    texts.push(textOf(parts));
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
