import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import type { ChatMessage, ChatPart } from '#src/chat/ports.ts';
import { openClient } from '#src/provider/client.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import {
  type AudioChatAnswer,
  answersJson,
  delta,
  openMockAudioChat,
  type StreamEnd,
  streams,
} from '#test/fakes/providers/audio-chat.ts';

export type ChatServerAnswer = AudioChatAnswer;

export const never = new AbortController().signal;
export const hello: ChatMessage = { role: 'user', name: 'Ana', content: 'hello' };

/** A chat server that answers the requests in turn, the last way again and again. */
export async function openChatServer(
  answers: readonly ChatServerAnswer[],
  options: { maxTokens?: number; model?: string } = {},
) {
  const server = await openMockAudioChat(answers);
  const client = openClient({ baseUrl: server.baseUrl });
  const by = servedBy('mock', client.baseURL);
  return { ...server, by, model: openChatModel(client, { model: 'mock', ...options }) };
}

/** A stream of these chunks, whole or broken off. */
export function stream(chunks: readonly unknown[], end: StreamEnd = 'done'): ChatServerAnswer {
  return streams(chunks, { end });
}

export const says = (content: unknown) => delta({ content });
export const stop = delta({}, 'stop');
export const refuse = (status: number, body: unknown): ChatServerAnswer =>
  answersJson(body, status);

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
