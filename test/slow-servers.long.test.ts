import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openEngines } from '#src/app/engines/engines.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { readConfig } from '#src/config/config.ts';

const firstByteMs = 100_000;
const never = new AbortController().signal;

/** A chat server whose words come after 100 s, and perhaps its headers as well. */
async function slowServer(headers: 'at once' | 'late') {
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return void response.end('{"data":[]}');
    if (headers === 'at once') begin(response);
    await wait(firstByteMs);
    if (headers === 'late') begin(response);
    send(response, { delta: { content: 'Here it is.' }, finish_reason: null });
    send(response, { delta: {}, finish_reason: 'stop' });
    response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { baseUrl, [Symbol.dispose]: close };
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  send(response, { delta: { role: 'assistant', content: '' }, finish_reason: null });
}

function send(response: ServerResponse, choice: object): void {
  const choices = [{ index: 0, ...choice }];
  response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices })}\n\n`);
}

async function answerOf(chat: ChatModel): Promise<string> {
  let words = '';
  for await (const part of chat.reply([{ role: 'user', name: '', content: 'Well?' }], [], never)) {
    if (part.kind === 'text') words += part.text;
  }
  return words;
}

test('a chat server whose words come after 100 s answers 50 of 50, with a fall-back or without', {
  timeout: 150_000,
}, async () => {
  using late = await slowServer('late');
  using early = await slowServer('at once');
  const patient = { CHAT_COMPLETION_FIRST_BYTE_SECONDS: '120' };
  const fallback = { ...patient, CHAT_COMPLETION_FALLBACK_BASE_URL: late.baseUrl };
  const environments = [
    { CHAT_COMPLETION_BASE_URL: late.baseUrl },
    { CHAT_COMPLETION_BASE_URL: early.baseUrl },
    { CHAT_COMPLETION_BASE_URL: late.baseUrl, ...fallback },
    {
      ...patient,
      CHAT_COMPLETION_BASE_URL: early.baseUrl,
      CHAT_COMPLETION_FALLBACK_BASE_URL: 'http://127.0.0.1:1/v1',
    },
    { CHAT_COMPLETION_BASE_URL: early.baseUrl, ...fallback },
  ];
  const answers = environments.map(async (environment) => {
    const result = readConfig(environment);
    if (result.kind === 'bad') throw new Error(result.mistakes.join('\n'));
    await using engines = await openEngines(result.config, () => undefined);
    const chat = engines.chat('Nova');
    return await Promise.all(Array.from({ length: 10 }, () => answerOf(chat)));
  });
  expect((await Promise.all(answers)).flat()).toEqual(Array(50).fill('Here it is.'));
});
