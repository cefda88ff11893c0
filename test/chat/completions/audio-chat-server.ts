import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import type { ChatMessage, ChatPart, Tool } from '#src/chat/ports.ts';
import { openClient } from '#src/provider/client.ts';
import {
  type AudioChatAnswer,
  audio,
  base64,
  delta,
  openMockAudioChat,
} from '#test/fakes/providers/audio-chat.ts';

const never = new AbortController().signal;
export const hello = { role: 'user', name: 'Ana', content: 'hello' } as const;
type Options = Partial<Parameters<typeof openChatModel>[1]> &
  Pick<Parameters<typeof openClient>[0], 'limits'>;

export async function openAudioChatAt(
  answers: readonly AudioChatAnswer[],
  { limits, ...options }: Options = {},
) {
  const server = await openMockAudioChat(answers);
  const client = openClient({ baseUrl: server.baseUrl, limits });
  const model = openChatModel(client, { model: 'mock', voice: 'alloy', ...options });
  const ask = (messages: readonly ChatMessage[] = [hello], tools: readonly Tool[] = []) =>
    drain(model.reply(messages, tools, never));
  return {
    ...server,
    bodies: server.bodies,
    running: server.running,
    model,
    ask,
  };
}

/** Reads to the end, and tells how it ended. */
async function drain(answer: AsyncIterable<ChatPart>) {
  const parts: ChatPart[] = [];
  try {
    for await (const part of answer) parts.push(part);
  } catch (error) {
    return { parts, error };
  }
  return { parts, error: undefined };
}

export function wordsOf(parts: readonly ChatPart[], kind: 'text' | 'transcript' = 'transcript') {
  return parts.map((part) => (part.kind === kind ? part.text : '')).join('');
}

export function soundOf(parts: readonly ChatPart[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => (part.kind === 'sound' ? [part.bytes] : [])));
}

export const stop = delta({}, 'stop');
export const short = (id: string, expires_at?: number) => [
  audio({ id, transcript: 'Four.' }),
  audio({ data: base64(Buffer.alloc(96)) }),
  audio({ ...(expires_at !== undefined && { expires_at }) }),
  stop,
];
