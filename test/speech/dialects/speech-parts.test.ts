import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import {
  type AnswerSpeech,
  encodeTone,
  openSpeechBot,
  refuseSpeech,
  type SpeechAnswer,
  type SpeechBody,
} from './speech-server.ts';

const text = 'Two of them are on their way.';

/** The sound of what is asked, in its format. */
function speakInput({ input, response_format }: SpeechBody): SpeechAnswer {
  const isWav = response_format === 'wav';
  const headers = { 'content-type': isWav ? 'audio/wav' : 'audio/pcm' };
  return { headers, pieces: [encodeTone(input, isWav ? 'wav' : 'pcm')] };
}

/** Answers with a refusal where a field is not as the server wants it. */
function insistOn(
  isFine: (body: SpeechBody) => boolean,
  refusal: SpeechAnswer,
  answer: AnswerSpeech = speakInput,
): AnswerSpeech {
  return (body) => (isFine(body) ? answer(body) : refusal);
}

const hasNoStream = ({ stream }: SpeechBody) => stream === undefined;
const isWav = ({ response_format }: SpeechBody) => response_format === 'wav';
const hasNoInstructions = ({ instructions }: SpeechBody) => instructions === undefined;
const hasNoSpeed = ({ speed }: SpeechBody) => speed === undefined;
const makeDetail = (msg: string, ...loc: string[]): SpeechAnswer => ({
  status: 422,
  headers: { 'content-type': 'application/json' },
  pieces: [
    JSON.stringify({
      detail: [{ loc: ['body', ...loc], msg, type: 'extra_forbidden' }],
    }),
  ],
});
const sayBody = (body: string): SpeechAnswer => ({
  headers: { 'content-type': 'audio/mpeg' },
  pieces: [body],
});
const noise = Buffer.from(
  Array.from({ length: 9_000 }, (_, n) => (n * n * 7919 + (n >> 3)) & 255),
);

/** Servers, what they are asked in the end, and the line that spares the first refusal. */
const servers: readonly (readonly [
  string,
  AnswerSpeech,
  Partial<SpeechBody>,
  RegExp,
])[] = [
  [
    'takes wav alone',
    insistOn(isWav, refuseSpeech('response_format must be one of [wav]')),
    { response_format: 'wav', stream: true },
    /SPEECH_FORMAT=wav/,
  ],
  [
    'takes wav alone and says less',
    insistOn(isWav, refuseSpeech('Unsupported audio format')),
    { response_format: 'wav', stream: true },
    /SPEECH_FORMAT=wav/,
  ],
  [
    'takes wav alone by a list of pydantic',
    insistOn(
      isWav,
      makeDetail("Input should be 'flac', 'mp3' or 'wav'", 'response_format'),
    ),
    { response_format: 'wav', stream: true },
    /SPEECH_FORMAT=wav/,
  ],
  [
    'takes a name of its own',
    insistOn(
      ({ response_format }) => response_format === 'pcm_24000',
      refuseSpeech('Invalid output format, use one of: mp3_44100, pcm_24000'),
    ),
    { response_format: 'pcm_24000', stream: true },
    /pcm_24000/,
  ],
  [
    'sends noise for pcm',
    insistOn(isWav, { headers: {}, pieces: [noise] }),
    { response_format: 'wav' },
    /SPEECH_FORMAT=wav/,
  ],
  [
    'answers 500 to stream',
    insistOn(
      hasNoStream,
      refuseSpeech("synthesize() got an unexpected keyword argument 'stream'", 500),
    ),
    { stream: undefined, response_format: 'pcm' },
    /SPEECH_WITHOUT=stream/,
  ],
  [
    'refuses stream in words of its own',
    insistOn(hasNoStream, refuseSpeech('Streaming is not supported for this model')),
    { stream: undefined, response_format: 'pcm' },
    /SPEECH_WITHOUT=stream/,
  ],
  [
    'refuses an extra field',
    insistOn(hasNoStream, makeDetail('Extra inputs are not permitted', 'stream')),
    { stream: undefined },
    /SPEECH_WITHOUT=stream/,
  ],
  [
    'refuses and says nothing',
    insistOn(hasNoStream, { status: 400, headers: {}, pieces: ['Bad Request'] }),
    { stream: undefined, response_format: 'pcm' },
    /SPEECH_WITHOUT=stream/,
  ],
  [
    'refuses instructions',
    insistOn(hasNoInstructions, refuseSpeech('Unknown parameter: instructions')),
    { instructions: undefined, stream: true, response_format: 'pcm' },
    /SPEECH_WITHOUT=instructions/,
  ],
];

const manner: SpeechVoice = { instructions: 'Speak softly.' };

test.each(servers)(
  'a server that %s speaks, is not asked in vain again, and the operator is told',
  async (_, answer, expected, line) => {
    await using bot = await openSpeechBot(answer);
    for (let n = 0; n < 2; n++) {
      const { samples } = await collectSound(bot.synthesizer, text, manner);
      expect(samples).toEqual(makeTone(text, 24_000));
    }
    const { length } = bot.bodies;
    expect(length).toBeLessThanOrEqual(4);
    await collectSound(bot.synthesizer, text, manner);
    // A field that is left out is absent.
    const absent = { stream: undefined, instructions: undefined };
    const last = bot.bodies.slice(length).map((body) => ({ ...absent, ...body }));
    expect(last).toMatchObject([{ input: text, ...expected }]);
    expect(JSON.stringify(bot.events)).toMatch(line);
  },
);

test('the pace that a server cannot stream is asked whole, and others are streamed', async () => {
  const isFine = ({ speed = 1, stream }: SpeechBody) =>
    speed === 1 || stream === undefined;
  for (const message of [
    'stream is not supported if speed is not 1',
    'Streaming needs the usual speed',
  ]) {
    await using bot = await openSpeechBot(insistOn(isFine, refuseSpeech(message)));
    for (const speed of [1.5, 1.5, 1, undefined])
      await collectSound(bot.synthesizer, text, speed === undefined ? {} : { speed });
    const requests = bot.bodies.map(({ speed, stream }) => [speed, stream]);
    expect(requests).toEqual([
      [1.5, true],
      [1.5, undefined],
      [1.5, undefined],
      [undefined, true],
      [undefined, true],
    ]);
  }
});

test('a pace that a server refuses is left out, and told', async () => {
  await using bot = await openSpeechBot(
    insistOn(hasNoSpeed, refuseSpeech('speed: not supported by this voice')),
  );
  for (let n = 0; n < 2; n++) await collectSound(bot.synthesizer, text, { speed: 1.2 });
  expect(bot.bodies.map(({ speed }) => speed)).toEqual([1.2, undefined, undefined]);
  expect(JSON.stringify(bot.events)).toMatch(/does not take `speed` \(speed 1\.2\)/);
});

const sentence = 'It is a long story that nobody has told yet. ';

test.each([
  [200, refuseSpeech('Input should have at most 200 characters, got 450')],
  [200, makeDetail('String should have at most 200 characters', 'input')],
  [200, refuseSpeech('input exceeds the maximum length of 200')],
  [1_200, refuseSpeech('The text is too long (max 1,200 chars).')],
  [130, { status: 413, headers: {}, pieces: ['Request Entity Too Large'] }],
  [200, sayBody('Text too long: at most 200 characters are allowed')],
])('texts are split where a server takes %i characters', async (limit, refusal) => {
  await using bot = await openSpeechBot(
    insistOn(({ input }) => input.length <= limit, refusal),
  );
  const longText = sentence.repeat(limit > 1_000 ? 40 : 10).trim();
  for (let n = 0; n < 2; n++) await collectSound(bot.synthesizer, longText);
  const taken = bot.bodies
    .map(({ input }) => input)
    .filter(({ length }) => length <= limit);
  expect(taken.join(' ').replaceAll(' ', '')).toBe(
    longText.repeat(2).replaceAll(' ', ''),
  );
  expect(bot.bodies.length - taken.length).toBeLessThanOrEqual(2);
});

test('Groq: wav and 200 characters are found in one question', async () => {
  await using bot = await openSpeechBot(
    insistOn(
      isWav,
      refuseSpeech('response_format must be one of [wav]'),
      insistOn(
        ({ input }) => input.length <= 200,
        refuseSpeech('input must be at most 200 characters'),
      ),
    ),
  );
  for (let n = 0; n < 2; n++) await collectSound(bot.synthesizer, sentence.repeat(9));
  expect(bot.bodies.filter((body) => !isWav(body))).toHaveLength(1);
  expect(bot.bodies.filter(({ input }) => input.length > 200)).toHaveLength(2);
});

/** Together streams raw samples alone, in base64. */
const answerAsTogether: AnswerSpeech = (body) => {
  const { input, response_format = 'wav', stream } = body;
  if (!['mp3', 'wav', 'raw'].includes(response_format))
    return refuseSpeech("response_format: must be one of 'mp3', 'wav', 'raw'");
  if (!stream) return speakInput(body);
  if (response_format !== 'raw')
    return refuseSpeech('Only raw format is supported when streaming');
  const events = [encodeTone(input), encodeTone('').subarray(0, 0)].map(
    (bytes) =>
      `data: ${JSON.stringify({ type: 'conversation.item.audio_output.delta', item_id: 'tts_1', delta: bytes.toString('base64') })}\n\n`,
  );
  return {
    headers: { 'content-type': 'text/event-stream' },
    pieces: [...events, 'data: [DONE]\n\n'],
  };
};

test('Together: its events are read, or it is asked for the whole', async () => {
  await using bot = await openSpeechBot(answerAsTogether);
  for (let n = 0; n < 2; n++) {
    const { samples } = await collectSound(bot.synthesizer, text);
    expect(samples).toEqual(makeTone(text, 24_000));
  }
  expect(bot.bodies.length).toBeLessThanOrEqual(4);
});

test('an error text of the moment costs a further request, and teaches nothing', async () => {
  let askedCount = 0;
  const answerSecond: AnswerSpeech = (body) =>
    askedCount++ === 0 ? sayBody('Internal Server Error') : speakInput(body);
  await using bot = await openSpeechBot(answerSecond);
  for (let n = 0; n < 2; n++) await collectSound(bot.synthesizer, text);
  expect(bot.bodies.map(({ stream }) => stream)).toEqual([true, undefined, true]);
  expect(JSON.stringify(bot.events)).not.toContain('take');
});

test('a server that refuses everything is asked three times, and its first sentence counts', async () => {
  await using bot = await openSpeechBot(() => refuseSpeech('The GPU is on fire'));
  await expect(collectSound(bot.synthesizer, text, manner)).rejects.toMatchObject({
    code: 'provider.refused',
    about: { status: 400, serverMessage: 'The GPU is on fire' },
  });
  expect(bot.bodies.length).toBeLessThanOrEqual(3);
});
