import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import type { ChatMessage, ChatPart } from '#src/chat/ports.ts';
import { openClient } from '#src/provider/client.ts';
import { servedBy } from '#src/provider/models/served-by.ts';

type ChatServerBody = Readonly<Record<string, unknown>>;
export type ChatServerAnswer = (response: ServerResponse, body: ChatServerBody) => void;

export const never = new AbortController().signal;
export const hello: ChatMessage = { role: 'user', name: 'Ana', content: 'hello' };

/** A chat server that answers the requests in turn, the last way again and again. */
export async function openChatServer(
  answers: readonly ChatServerAnswer[],
  options: { maxTokens?: number; model?: string } = {},
) {
  const bodies: ChatServerBody[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(
      Buffer.concat(await Array.fromAsync(request)).toString(),
    ) as ChatServerBody;
    const answer = answers[Math.min(bodies.length, answers.length - 1)];
    bodies.push(body);
    answer?.(response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = openClient({ baseUrl: `http://127.0.0.1:${port}/v1` });
  return {
    bodies,
    by: servedBy('mock', client.baseURL),
    model: openChatModel(client, { model: 'mock', ...options }),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const sse = { 'content-type': 'text/event-stream' };

/** A stream of these chunks, whole or broken off. */
export function stream(
  chunks: readonly unknown[],
  end: 'done' | 'close' | 'reset' = 'done',
): ChatServerAnswer {
  return (response) => {
    response.writeHead(200, sse);
    response.write(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''), () => {
      if (end === 'reset') response.destroy();
    });
    if (end === 'done') response.end('data: [DONE]\n\n');
    if (end === 'close') response.end();
  };
}

export const delta = (fields: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta: fields, finish_reason }],
});
export const says = (content: unknown) => delta({ content });
export const stop = delta({}, 'stop');
export const refuse =
  (status: number, body: unknown): ChatServerAnswer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

export async function partsOf(answer: AsyncIterable<ChatPart>): Promise<ChatPart[]> {
  return Array.fromAsync(answer);
}

export const textOf = (parts: readonly ChatPart[]) =>
  parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');

/** All parts that came before the error, and the error. */
export async function broken(answer: AsyncIterable<ChatPart>) {
  const parts: ChatPart[] = [];
  try {
    for await (const part of answer) parts.push(part);
  } catch (error) {
    return { parts, error };
  }
  throw new Error('it did not fail');
}
