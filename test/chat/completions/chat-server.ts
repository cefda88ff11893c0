import type { ChatMessage, ChatPart, Tool } from '#src/chat/chat-model.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { openClient } from '#src/provider/api-client.ts';
import { describeServer } from '#src/provider/models/standard-models.ts';
import { drainAnswer } from '#test/contracts/pipeline-contract.ts';
import {
  type AudioChatAnswer,
  makeAudioDelta,
  makeDelta,
  openMockAudioChat,
  toBase64,
} from '#test/fakes/providers/mock-audio-chat.ts';

const neverAborted = new AbortController().signal;
export const hello: ChatMessage = { role: 'user', name: 'Ana', content: 'hello' };

type ChatServerOptions = Partial<Parameters<typeof openChatModel>[1]>;

/** A model behind a server that answers the requests in turn, the last way again and again. */
export async function openChatServer(
  answers: readonly AudioChatAnswer[],
  options: ChatServerOptions = {},
) {
  const server = await openMockAudioChat(answers);
  const client = openClient({ baseUrl: server.baseUrl });
  const model = openChatModel(client, { model: 'mock', ...options });
  const askModel = (
    messages: readonly ChatMessage[] = [hello],
    tools: readonly Tool[] = [],
    maxTokens?: number,
  ) =>
    drainAnswer(
      model.reply(messages, tools, neverAborted, maxTokens)[Symbol.asyncIterator](),
    );
  return {
    ...server,
    by: describeServer('mock', client.baseURL),
    model,
    ask: askModel,
  };
}

/** The same for a model that speaks. */
export const openAudioChat: typeof openChatServer = (answers, options) =>
  openChatServer(answers, { voice: 'alloy', ...options });

export function listWords(
  chatParts: readonly ChatPart[],
  kind: 'text' | 'transcript' = 'transcript',
) {
  return chatParts.map((part) => (part.kind === kind ? part.text : '')).join('');
}

export const joinText = (chatParts: readonly ChatPart[]) =>
  listWords(chatParts, 'text');

export function joinSound(chatParts: readonly ChatPart[]) {
  return Buffer.concat(
    chatParts.flatMap((part) => (part.kind === 'sound' ? [part.bytes] : [])),
  );
}

export const toSaidChunk = (content: unknown) => makeDelta({ content });
export const stopChunk = makeDelta({}, 'stop');
/** A short answer in sound. */
export const toAudioChunk = (id: string, expires_at?: number) => [
  makeAudioDelta({ id, transcript: 'Four.' }),
  makeAudioDelta({ data: toBase64(Buffer.alloc(96)) }),
  makeAudioDelta({ ...(expires_at !== undefined && { expires_at }) }),
  stopChunk,
];
