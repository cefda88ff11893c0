import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { openClient } from '#src/provider/client.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { textOf } from '#test/contracts/transcriber.ts';
import { listening } from '#test/fakes/servers/listening.ts';
import { speakWords } from '#test/fakes/spoken-words.ts';

const spoken = speakWords('nova one two three');
/** Answers every transcription alike. */
async function openAnswering(answer: (response: ServerResponse) => void) {
  let requests = 0;
  const served = await listening(async (request, response) => {
    for await (const _ of request); // all of it, or the client is cut off
    requests++;
    answer(response);
  });
  const baseUrl = `${served.origin}/v1`;
  return {
    hearing: openTranscriber(openClient({ baseUrl }), { model: 'whisper-1' }),
    requests: () => requests,
    ...served,
  };
}

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
