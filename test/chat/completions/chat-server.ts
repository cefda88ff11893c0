import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import type { ChatMessage, ChatPart, Tool } from '#src/chat/ports.ts';
import { openClient } from '#src/provider/client.ts';
import { servedBy } from '#src/provider/models/models.ts';
import { drain } from '#test/contracts/pipeline.ts';
import {
  type AudioChatAnswer,
  audio,
  base64,
  delta,
  openMockAudioChat,
} from '#test/fakes/providers/audio-chat.ts';

const never = new AbortController().signal;
export const hello: ChatMessage = { role: 'user', name: 'Ana', content: 'hello' };

type Options = Partial<Parameters<typeof openChatModel>[1]>;

/** A model behind a server that answers the requests in turn, the last way again and again. */
export async function openChatServer(answers: readonly AudioChatAnswer[], options: Options = {}) {
  const server = await openMockAudioChat(answers);
  const client = openClient({ baseUrl: server.baseUrl });
  const model = openChatModel(client, { model: 'mock', ...options });
  const ask = (
    messages: readonly ChatMessage[] = [hello],
    tools: readonly Tool[] = [],
    mostTokens?: number,
  ) => drain(model.reply(messages, tools, never, mostTokens)[Symbol.asyncIterator]());
  return { ...server, by: servedBy('mock', client.baseURL), model, ask };
}

/** The same for a model that speaks. */
export const openAudioChat: typeof openChatServer = (answers, options) =>
  openChatServer(answers, { voice: 'alloy', ...options });

export function wordsOf(parts: readonly ChatPart[], kind: 'text' | 'transcript' = 'transcript') {
  return parts.map((part) => (part.kind === kind ? part.text : '')).join('');
}

export const textOf = (parts: readonly ChatPart[]) => wordsOf(parts, 'text');

export function soundOf(parts: readonly ChatPart[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => (part.kind === 'sound' ? [part.bytes] : [])));
}

export const says = (content: unknown) => delta({ content });
export const stop = delta({}, 'stop');
/** A short answer in sound. */
export const short = (id: string, expires_at?: number) => [
  audio({ id, transcript: 'Four.' }),
  audio({ data: base64(Buffer.alloc(96)) }),
  audio({ ...(expires_at !== undefined && { expires_at }) }),
  stop,
];
