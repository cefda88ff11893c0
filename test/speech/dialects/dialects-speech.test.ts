import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { joinSamples } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { Secret } from '#src/base/secret.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { openClient } from '#src/provider/client.ts';
import { withServerWords } from '#src/provider/models/error-phrases.ts';
import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { soundOf } from '#test/contracts/synthesizer.ts';
import { openKokoro } from '#test/fakes/dialects/kokoro.ts';
import { openLiteLlm } from '#test/fakes/dialects/litellm.ts';
import { openSpeaches } from '#test/fakes/dialects/speaches.ts';
import { soundBytes, tone } from '#test/fakes/providers/sound.ts';

const never = new AbortController().signal;
const behind = { hears: () => '', replies: [] };
const usual = { model: 'tts', voice: 'alloy', format: 'pcm' } as const;

function voiceAt(origin: string, options: Partial<Parameters<typeof openSynthesizer>[1]> = {}) {
  const client = openClient({ baseUrl: `${origin}/v1` });
  return openSynthesizer(client, { ...usual, ...options });
}

type Answer = (response: ServerResponse, input: string) => void;

async function openAnswering(answer: Answer) {
  const inputs: string[] = [];
  const server = createServer(async (request, response) => {
    const { input } = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString());
    inputs.push(input);
    answer(response, input);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    voice: voiceAt(`http://127.0.0.1:${port}`),
    inputs,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
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

/** Error text as the doctor shows it: the log leaves the server's own sentence out where it may quote the request. */
function wordsOf(error: unknown): string {
  return error instanceof BotError ? withServerWords(error) : `${error}`;
}

test('the first frame leaves while the server still waits with the rest', async () => {
  const rest = Promise.withResolvers<void>();
  const sound = soundBytes(tone('A sentence of some length.', 24_000), 24_000, 'pcm');
  await using server = await openAnswering((response) => {
    response.writeHead(200, { 'content-type': 'audio/pcm' }).write(sound.subarray(0, 4800));
    void rest.promise.then(() => response.end(sound.subarray(4800)));
  });
  const reply = new SpokenReply();
  const speaking = (async () => {
    for await (const pcm of server.voice.synthesize('A.', {}, never))
      await reply.write(pcm, 'A.', never);
  })();
  await expect.poll(() => reply.ready).toBe(true);
  expect(reply.pull()?.samples).toHaveLength(480);
  rest.resolve();
  await speaking;
});

const html = '<!doctype html><title>Welcome</title>';
const sse = 'data: {"type":"speech.audio.delta","audio":"AAAA"}\n\n';

test.each<[string, Answer, string]>([
  ['200 and JSON', is(200, 'application/json', '{"error":{"message":"no such voice"}}'), 'voice'],
  ['200 and JSON called sound', is(200, 'audio/pcm', '{"detail":"no such voice at all"}'), 'voice'],
  ['200 and a web page', is(200, 'text/html', html), 'web page'],
  ['200 and a web page called sound', is(200, 'audio/wav', html), 'web page'],
  ['200 and a stream nobody asked for', is(200, 'text/event-stream', sse), 'event-stream'],
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
  [
    '400 and a flat error',
    is(400, 'application/json', '{"object":"error","message":"bad voice","code":400}'),
    'bad voice',
  ],
  ['404 and a text', is(404, 'text/plain', '404 page not found'), 'page not found'],
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

test.each<[string, Answer]>([
  ['an empty body', is(200, 'audio/pcm', '')],
  ['204', (response) => response.writeHead(204).end()],
  ['a WAV header alone', is(200, 'audio/wav', soundBytes(new Int16Array(0), 24_000, 'wav'))],
])('%s is empty, and nobody waits', async (_, answer) => {
  await using server = await openAnswering(answer);
  expect(await failureOf(server.voice)).toMatchObject({
    pieces: 0,
    error: { code: 'provider.empty' },
  });
});

test('for a text of nothing but space no server is asked', async () => {
  await using server = await openAnswering(is(200, 'audio/pcm', ''));
  for (const text of ['', ' \n\t'])
    await expect(soundOf(server.voice, text)).rejects.toMatchObject({ code: 'speech.unspeakable' });
  expect(server.inputs).toEqual([]);
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

test('sound that a proxy gave only when it had all of it is played whole', async () => {
  await using proxy = await openLiteLlm(behind);
  for (const format of ['pcm', 'wav'] as const) {
    const voice = openSynthesizer(
      openClient({ baseUrl: proxy.origin, apiKey: new Secret('sk-virtual') }),
      { model: 'voice', voice: 'alloy', format },
    );
    expect((await soundOf(voice, 'All at once.')).samples).toEqual(tone('All at once.', 24_000));
  }
});

test('what a proxy makes an error 500 of still says what was wrong', async () => {
  await using proxy = await openLiteLlm(behind);
  const client = openClient({ baseUrl: proxy.origin, apiKey: new Secret('sk-virtual') });
  const voice = openSynthesizer(client, { ...usual, model: 'voice', voice: 'nobody' });
  const { error } = await failureOf(voice);
  expect(wordsOf(error)).toContain('Invalid voice nobody');
});

test('speaches: raw samples of a voice of 22.05 kHz are known only by their WAV header', async () => {
  await using server = await openSpeaches(behind);
  const piper = { model: 'speaches-ai/piper-en_US-ryan-medium', format: 'wav' } as const;
  const sound = await soundOf(voiceAt(server.origin, piper), 'Hello.');
  expect(sound).toEqual({ samples: tone('Hello.', 22_050), rateHz: 22_050, channels: 1 });
});

test('Kokoro: voices are mixed, sentences come one after the other, and an unknown voice is named', async () => {
  await using server = await openKokoro();
  const kokoro = { model: 'kokoro', voice: 'af_bella(2)+af_sky(1)', format: 'wav' } as const;
  const sound = await soundOf(voiceAt(server.origin, kokoro), 'One. Two.');
  expect(sound.samples).toEqual(joinSamples([tone('One.', 24_000), tone(' Two.', 24_000)]));
  const stranger = voiceAt(server.origin, { ...kokoro, voice: 'bella' });
  const { error } = await failureOf(stranger);
  expect(wordsOf(error)).toContain("Voice 'bella' not found");
});
