import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import {
  FakeHost,
  joinTexts,
  listSoundedTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer, type SynthesisFault } from '#test/fakes/fake-speech.ts';

const never = new AbortController().signal;
const makeSentence = (n: number) => `This is the long sentence number ${n}.`;
const four = [1, 2, 3, 4].map(makeSentence);
const makeBroken = (retryable = true, code: ErrorCode = 'provider.refused') =>
  new BotError(code, retryable, 'The voice broke.');

type Fault = () => SynthesisFault | undefined;

/** Four sentences; `faults` are those of the sound of each, by its number. */
async function answerSentences(faults: Readonly<Record<number, Fault>>) {
  const synthesizer = new FakeSynthesizer({
    pieces: 2,
    fault: (text) => faults[four.indexOf(text) + 1]?.(),
  });
  const chat = new FakeChat([four.map((text) => ` ${text}`)]);
  const replyParts: ReplyPart[] = [];
  let error: unknown;
  try {
    const reply = createChainedPipeline({ chat, synthesizer }).answer(
      makeTurn(toUtterance('hi')),
      new FakeHost(),
      never,
    );
    for await (const part of reply) replyParts.push(part);
  } catch (thrown) {
    error = thrown;
  }
  const unspoken = replyParts.flatMap((part) =>
    part.kind === 'unspoken' ? [part.text] : [],
  );
  const requests = synthesizer.asked.map(({ text }) => four.indexOf(text) + 1);
  return {
    parts: replyParts,
    error,
    unspoken,
    asked: requests,
    sounded: listSoundedTexts(replyParts),
    running: synthesizer.running,
  };
}

const failBefore = (error: unknown) => ({ afterPieces: 0, error });

test('two sentences in a row without sound: the voice is out, and the answer is still written whole', async () => {
  const failSentence = () => failBefore(makeBroken());
  const { error, parts, sounded, running } = await answerSentences({
    2: failSentence,
    3: failSentence,
    4: failSentence,
  });
  expect(error).toMatchObject({ code: 'provider.refused', stage: 'speak' });
  expect(joinTexts(parts).trim()).toBe(four.join(' '));
  expect([sounded, running]).toEqual([[makeSentence(1)], 0]);
  expect((await answerSentences({ 2: failSentence, 3: failSentence })).sounded).toEqual(
    [makeSentence(1)],
  );
});

test.each([
  ['refuses the key', makeBroken(false, 'provider.bad_key')],
  ['hangs', makeBroken(true, 'provider.late')],
])('a voice that %s is not asked again', async (_, fault) => {
  const failSentence = () => failBefore(fault);
  const { error, asked, unspoken } = await answerSentences({
    1: failSentence,
    2: failSentence,
    3: failSentence,
    4: failSentence,
  });
  expect(error).toMatchObject({ code: fault.code, stage: 'speak' });
  expect([asked, unspoken]).toEqual([[1], [makeSentence(1)]]);
});

test.each([
  ['fixed', 'Be brief.'],
  [
    'settled',
    'Be brief. Answer in German, unless these very words ask for another language.',
  ],
  [
    'open',
    'Be brief. Answer in German, unless these words, more than one, are in another language or ask for it.',
  ],
] as const)(
  'a model is told the time zone, and the language of the answer where it is %s',
  async (stability, content) => {
    const chat = new FakeChat([['Ja.']]);
    const language = {
      now: 'de',
      stability,
      isOutdated: false,
      hear: async () => undefined,
    };
    const spoken = createChainedPipeline({ chat, synthesizer: new FakeSynthesizer() });
    const request = makeTurn(toUtterance('Hallo'));
    const style = { ...request.style, timeZone: 'Asia/Tokyo' };
    const turn = { ...request, language, style };
    await Array.fromAsync(spoken.answer(turn, new FakeHost(), never));
    expect(chat.asked[0]?.messages[0]).toEqual({
      role: 'system',
      language: 'de',
      timeZone: 'Asia/Tokyo',
      content,
    });
  },
);

test('where no voice speaks the language each clause is asked once, and all is to be read', async () => {
  const voice = new FakeSynthesizer({
    fault: () =>
      failBefore(
        new BotError(
          'speech.no_voice',
          false,
          'It speaks English.',
          undefined,
          undefined,
          {
            language: 'de',
          },
        ),
      ),
  });
  const language = {
    now: 'de',
    stability: 'settled',
    isOutdated: false,
    hear: async () => undefined,
  } as const;
  const turn = { ...makeTurn(toUtterance('Hallo du')), language };
  const reply = createChainedPipeline({
    chat: new FakeChat([four.map((text) => ` ${text}`)]),
    synthesizer: voice,
  });
  const replyParts: ReplyPart[] = [];
  for await (const part of reply.answer(turn, new FakeHost(), never))
    replyParts.push(part);
  expect(replyParts.filter(({ kind }) => kind === 'unspoken')).toEqual(
    four.map((text) => ({ kind: 'unspoken', text, language: 'de' })),
  );
  expect(joinTexts(replyParts).trim()).toBe(four.join(' '));
  expect(voice.asked.map(({ text }) => text)).toEqual(four);
});
