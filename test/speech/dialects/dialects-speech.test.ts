import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { openClient } from '#src/provider/client.ts';
import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { soundOf } from '#test/contracts/synthesizer.ts';
import { listening } from '#test/fakes/servers/listening.ts';

const never = new AbortController().signal;
const usual = { model: 'tts', voice: 'alloy', format: 'pcm' } as const;

function voiceAt(origin: string, options: Partial<Parameters<typeof openSynthesizer>[1]> = {}) {
  const client = openClient({ baseUrl: `${origin}/v1` });
  return openSynthesizer(client, { ...usual, ...options });
}

type Answer = (response: ServerResponse, input: string) => void;

async function openAnswering(answer: Answer) {
  const inputs: string[] = [];
  const served = await listening(async (request, response) => {
    const { input } = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString());
    inputs.push(input);
    answer(response, input);
  });
  return {
    voice: voiceAt(served.origin),
    inputs,
    ...served,
  };
}

const is =
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
function wordsOf(error: unknown): string {
  return error instanceof BotError
    ? `${error.message} ${error.about.serverWords ?? ''}`
    : `${error}`;
}

const html = '<!doctype html><title>Welcome</title>';
const sse = 'data: {"type":"speech.audio.delta","audio":"AAAA"}\n\n';

test.each<[string, Answer, string]>([
  ['200 and JSON', is(200, 'application/json', '{"error":{"message":"no such voice"}}'), 'voice'],
  ['200 and a web page called sound', is(200, 'audio/wav', html), 'web page'],
  ['the same called sound', is(200, 'audio/pcm', sse), 'event stream'],
  [
    '400 and OpenAI’s error',
    is(400, 'application/json', '{"error":{"message":"bad voice"}}'),
    'bad voice',
  ],
  [
    '422 and a list',
    is(422, 'application/json', '{"detail":[{"loc":["voice"],"msg":"bad voice"}]}'),
    'bad voice',
  ],
  ['502 and a web page', is(502, 'text/html', '<h1>Bad Gateway</h1>'), 'Bad Gateway'],
  ['500 and nothing', is(500, 'text/plain', ''), '500'],
])('%s is no sound but a readable failure', async (_, answer, words) => {
  await using server = await openAnswering(answer);
  const { pieces, error } = await failureOf(server.voice);
  expect(pieces).toBe(0);
  expect(error).toMatchObject({ name: 'BotError', code: expect.stringMatching(/^provider\./) });
  expect(wordsOf(error)).toContain(words);
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

test.each(longTexts)('of %s no request is too long, and none is lost', async (_, text) => {
  await using server = await openAnswering(is(200, 'audio/pcm', Buffer.alloc(960)));
  await soundOf(server.voice, text);
  expect(Math.max(...server.inputs.map(({ length }) => length))).toBeLessThanOrEqual(4096);
  expect(server.inputs.every((input) => input.isWellFormed())).toBe(true);
  expect(server.inputs.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
});
