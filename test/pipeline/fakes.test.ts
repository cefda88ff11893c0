import { chatModelContract } from '#test/contracts/chat-model.ts';
import { synthesizerContract } from '#test/contracts/synthesizer.ts';
import { transcriberContract } from '#test/contracts/transcriber.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

chatModelContract('a scripted model', async () => ({
  model: new FakeChat([['It is', ' four', ' now.']]),
  [Symbol.asyncDispose]: async () => undefined,
}));

const utterance = (level: number, text: string) => {
  const samples = new Int16Array(1600).fill(level);
  return { pcm: { samples, rateHz: 16_000, channels: 1 }, text } as const;
};
const [one, other] = [utterance(100, 'hello'), utterance(200, 'good morning')];

transcriberContract(
  'a recogniser that was told what to hear',
  () =>
    new FakeTranscriber({
      texts: ({ samples }) => (samples[0] === 100 ? one.text : other.text),
      partials: ['he'],
    }),
  [one, other],
);

synthesizerContract('a voice of constant samples', () => new FakeSynthesizer());
