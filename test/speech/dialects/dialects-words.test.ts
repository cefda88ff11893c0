import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { joinSamples } from '#src/audio/pcm.ts';
import { Secret } from '#src/base/secret.ts';
import { openClient } from '#src/provider/client.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { textOf, updatesOf } from '#test/contracts/transcriber.ts';
import { openSpeaches } from '#test/fakes/dialects/speaches.ts';
import { openVllm } from '#test/fakes/dialects/vllm.ts';
import { hearWords, speakWords } from '#test/fakes/spoken-words.ts';

const behind = { hears: hearWords, replies: [] };
const spoken = speakWords('nova one two three');
const whisper = 'openai/whisper-large-v3-turbo';
const distil = 'Systran/faster-distil-whisper-small.en';

/** Answers every transcription alike. */
async function openAnswering(answer: (response: ServerResponse) => void) {
  let requests = 0;
  const server = createServer(async (request, response) => {
    for await (const _ of request); // all of it, or the client is cut off
    requests++;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    hearing: openTranscriber(openClient({ baseUrl }), { model: 'whisper-1' }),
    requests: () => requests,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

test('vLLM: words beyond the first 30 s of an utterance are not lost', async () => {
  await using server = await openVllm('transcription', behind);
  const client = openClient({ baseUrl: `${server.origin}/v1` });
  const hearing = openTranscriber(client, { model: whisper });
  const quiet = new Int16Array(30 * 16_000 - spoken.pcm.samples.length);
  const samples = joinSamples([spoken.pcm.samples, quiet, speakWords('four five').pcm.samples]);
  const updates = await updatesOf(hearing, { samples, rateHz: 16_000, channels: 1 });
  expect(updates.at(-1)).toMatchObject({
    kind: 'final',
    transcript: { text: 'nova one two three four five' },
  });
});

test('speaches: a refused key and a model that was never downloaded are told as what they are', async () => {
  await using server = await openSpeaches(behind, { key: 'right' });
  const baseUrl = `${server.origin}/v1`;
  const ask = (apiKey: string, model: string) =>
    textOf(
      openTranscriber(openClient({ baseUrl, apiKey: new Secret(apiKey) }), { model }),
      spoken.pcm,
    );
  await expect(ask('wrong', distil)).rejects.toMatchObject({ code: 'provider.bad_key' });
  await expect(ask('right', 'tiny')).rejects.toThrow("Model 'tiny' is not installed locally");
  expect(await ask('right', distil)).toBe(spoken.text);
});

const is = (type: string, body: string) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': type }).end(body);
};

test.each([
  ['{"text": " five "}', is('application/json', '{"text": " five "}'), 'five'],
  ['JSON called text', is('text/plain', '{"text":"five"}'), 'five'],
  ['a string in JSON', is('application/json', '"five"'), 'five'],
  ['the bare words', is('text/plain', 'five\n'), 'five'],
  ['no words', is('application/json', '{"text":""}'), ''],
  ['words of a list', is('application/json', '{"text":"five","languages":[]}'), 'five'],
])('a transcription sent as %s is read', async (_, answer, text) => {
  await using server = await openAnswering(answer);
  expect(await textOf(server.hearing, spoken.pcm)).toBe(text);
});

test('on silence nothing is asked, so nothing is made up', async () => {
  await using server = await openAnswering(is('application/json', '{"text":"Thank you."}'));
  const silence = { samples: new Int16Array(16_000), rateHz: 16_000, channels: 1 } as const;
  expect(await textOf(server.hearing, silence)).toBe('');
  expect(server.requests()).toBe(0);
});

test('a transcription without a body is told as empty, and not awaited', async () => {
  for (const status of [200, 204]) {
    await using server = await openAnswering((response) => response.writeHead(status).end());
    await expect(textOf(server.hearing, spoken.pcm)).rejects.toMatchObject({
      code: 'provider.empty',
    });
  }
});
