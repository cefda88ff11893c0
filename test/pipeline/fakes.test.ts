import { testChatModel } from '#test/contracts/chat-model-contract.ts';
import { testSynthesizer } from '#test/contracts/synthesizer-contract.ts';
import { testTranscriber } from '#test/contracts/transcriber-contract.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';

testChatModel('a scripted model', async () => ({
  model: new FakeChat([['It is', ' four', ' now.']]),
  [Symbol.asyncDispose]: async () => undefined,
}));

const makeUtterance = (level: number, text: string) => {
  const samples = new Int16Array(1600).fill(level);
  return { pcm: { samples, rateHz: 16_000, channels: 1 }, text } as const;
};
const [one, other] = [makeUtterance(100, 'hello'), makeUtterance(200, 'good morning')];

testTranscriber(
  'a recogniser that was told what to hear',
  () =>
    new FakeTranscriber({
      texts: ({ samples }) => (samples[0] === 100 ? one.text : other.text),
      partials: ['he'],
    }),
  [one, other],
);

testSynthesizer('a voice of constant samples', () => new FakeSynthesizer());
