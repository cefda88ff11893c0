import type { ServerResponse } from 'node:http';
import { BotError } from '#src/base/errors.ts';
import { openClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { speakWords } from '#test/fakes/tone-words.ts';
import { openBotDoors } from './bot-doors.ts';

const never = new AbortController().signal;

type Answer = (response: ServerResponse, input: string) => void;

/** Answers every request alike. */
async function openAnswering(answer: Answer) {
  const bodies: string[] = [];
  const served = await openListeningServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    bodies.push(body);
    answer(response, tryParseInput(body));
  });
  const client = openClient({ baseUrl: `${served.origin}/v1` });
  return {
    voice: new OpenAiSynthesizer(client, {
      model: 'tts',
      voice: 'alloy',
      format: 'pcm',
    }),
    hearing: new OpenAiTranscriber(client, { model: 'whisper-1' }),
    countRequests: () => bodies.length,
    listInputs: () => bodies.map((body) => JSON.parse(body).input as string),
    ...served,
  };
}

/** Text of a speech request. */
function tryParseInput(body: string) {
  return body.startsWith('{') ? `${JSON.parse(body).input}` : '';
}

/** Silence that is as long as its text would take to say. */
const speakSilence: Answer = (response, input) => {
  response.writeHead(200, { 'content-type': 'audio/pcm' });
  response.end(Buffer.alloc(4_800 + 480 * input.length));
};

const answerWith =
  (status: number, type: string, body: string | Buffer): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };

/** Error of a synthesis, and the number of pieces before it. */
async function failureOf(voice: Synthesizer) {
  let pieces = 0;
  try {
    for await (const _ of voice.synthesize('Hello.', {}, never)) pieces++;
  } catch (error) {
    return { pieces, error };
  }
  return { pieces, error: undefined };
}

/** What is said of an error, and the server's own sentence, which the log leaves out where it may quote the request. */
function wordsOf(error: unknown) {
  return error instanceof BotError
    ? `${error.message} ${error.about.serverMessage ?? ''}`
    : `${error}`;
}

const html = '<!doctype html><title>Welcome</title>';
const sse = 'data: {"type":"speech.audio.delta","audio":"AAAA"}\n\n';

test.each<[string, Answer, string]>([
  [
    '200 and JSON',
    answerWith(200, 'application/json', '{"error":{"message":"no such voice"}}'),
    'voice',
  ],
  ['200 and a web page called sound', answerWith(200, 'audio/wav', html), 'web page'],
  [
    'events without sound, called sound',
    answerWith(200, 'audio/pcm', sse),
    'event stream',
  ],
  [
    '400 and OpenAI’s error',
    answerWith(400, 'application/json', '{"error":{"message":"bad voice"}}'),
    'bad voice',
  ],
  [
    '422 and a list',
    answerWith(
      422,
      'application/json',
      '{"detail":[{"loc":["voice"],"msg":"bad voice"}]}',
    ),
    'bad voice',
  ],
  [
    '502 and a web page',
    answerWith(502, 'text/html', '<h1>Bad Gateway</h1>'),
    'Bad Gateway',
  ],
  ['500 and nothing', answerWith(500, 'text/plain', ''), '500'],
])('%s is no sound but a readable failure', async (_, answer, text) => {
  await using server = await openAnswering(answer);
  const { pieces, error } = await failureOf(server.voice);
  expect(pieces).toBe(0);
  expect(error).toMatchObject({
    name: 'BotError',
    code: expect.stringMatching(/^provider\./),
  });
  expect(wordsOf(error)).toContain(text);
  expect(wordsOf(error)).not.toMatch(/[<>{}]/);
});

const sentence = 'It is so. ';
const longTexts: readonly (readonly [string, string])[] = [
  ...[4095, 4096, 4097, 20_000].map(
    (n) => [`${n} characters`, sentence.repeat(2000).slice(0, n)] as const,
  ),
  ['a word of 5 000', 'x'.repeat(5000)],
  ['5 000 emoji', '😀'.repeat(5000)],
  ['an emoji at the limit', `${'x'.repeat(3999)}😀${'y'.repeat(99)}`],
];

test.each(longTexts)(
  'of %s no request is too long, and none is lost',
  async (_, text) => {
    await using server = await openAnswering(speakSilence);
    await collectSound(server.voice, text);
    const inputs = server.listInputs();
    expect(Math.max(...inputs.map(({ length }) => length))).toBeLessThanOrEqual(4096);
    expect(inputs.every((input) => input.isWellFormed())).toBe(true);
    expect(inputs.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
  },
);

test.each([
  [
    '{"text": " five "}',
    answerWith(200, 'application/json', '{"text": " five "}'),
    'five',
  ],
  ['JSON called text', answerWith(200, 'text/plain', '{"text":"five"}'), 'five'],
  ['a string in JSON', answerWith(200, 'application/json', '"five"'), 'five'],
  ['no words', answerWith(200, 'application/json', '{"text":""}'), ''],
  [
    'words of a list',
    answerWith(200, 'application/json', '{"text":"five","languages":[]}'),
    'five',
  ],
])('a transcription sent as %s is read', async (_, answer, text) => {
  await using server = await openAnswering(answer);
  expect(
    await transcribeText(server.hearing, speakWords('nova one two three').pcm),
  ).toBe(text);
});

test('a bare text of a recogniser is nobody\u2019s words, unless the server was found to answer so', async () => {
  const sound = speakWords('nova one two three').pcm;
  for (const type of ['text/plain', '', 'audio/wav'])
    for (const text of ['Internal Server Error', 'five', '\u30a8\u30e9\u30fc']) {
      await using server = await openAnswering((response) => {
        response.writeHead(200, type === '' ? {} : { 'content-type': type }).end(text);
      });
      await expect(transcribeText(server.hearing, sound)).rejects.toMatchObject({
        code: 'provider.wrong_type',
      });
    }
  await using plain = await openAnswering(answerWith(200, 'text/plain', 'five\n'));
  const settings = {
    TRANSCRIPTION_BASE_URL: `${plain.origin}/v1`,
    TRANSCRIPTION_PLAIN_TEXT: 'true',
  };
  await using bot = await openBotDoors(settings);
  expect(await transcribeText(bot.transcriber, sound)).toBe('five');
});

test.each([
  [
    400,
    '{"error":{"message":"Audio file is too short. Minimum audio length is 0.1 seconds.","code":"audio_too_short"}}',
  ],
  [422, '{"detail":"No speech detected in the file"}'],
  [500, '{"error":"could not decode: the recording is too short"}'],
  [200, '{"error":{"message":"no","code":"audio_too_short"}}'],
])(
  'sound that is refused with %i as too short has no words, and is sent once: %s',
  async (status, body) => {
    await using server = await openAnswering(
      answerWith(status, 'application/json', body),
    );
    for (const requests of [1, 2]) {
      expect(
        await transcribeText(server.hearing, speakWords('nova one two three').pcm),
      ).toBe('');
      expect(server.countRequests()).toBe(requests);
    }
  },
);
