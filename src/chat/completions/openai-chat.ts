import { APIError } from 'openai/core/error';
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import type { ChatMessage, ChatModel, Tool } from '#src/chat/ports.ts';
import type { ApiClient } from '#src/provider/client.ts';
import { readEvents } from '#src/provider/event-stream.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import { apiMessages, apiTools } from './api-messages.ts';
import { ChatStream } from './chat-stream.ts';

export type ChatOptions = {
  readonly model: string;
  /** Longest answer, thoughts included. */
  readonly maxTokens?: number;
};

/** A chat model behind any server that speaks OpenAI's streamed chat completions. */
export function openChatModel(client: ApiClient, options: ChatOptions): ChatModel {
  const by = servedBy(options.model, client.baseURL);
  const open = opener(client, options);
  return {
    async *reply(messages, tools, signal, mostTokens = options.maxTokens) {
      signal.throwIfAborted();
      const answer = new ChatStream(by);
      try {
        for await (const chunk of await open({ messages, tools, mostTokens }, signal)) {
          signal.throwIfAborted();
          for (const part of answer.add(chunk)) yield part;
        }
      } catch (cause) {
        signal.throwIfAborted();
        // An error after the last word does not concern the listener.
        if (!answer.finished) throw describeError(cause, client);
      }
      // The client ends an aborted stream quietly.
      signal.throwIfAborted();
      yield* answer.end(serverName(client.baseURL));
    },
  };
}

type Request = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly mostTokens?: number;
};

/** Repeats the request without the refused fields, until the server answers or no field is left to leave out. */
function opener(client: ApiClient, options: ChatOptions) {
  /** Fields this server has refused, kept so that only the first answer pays for finding out. */
  const refused = new Set<OptionalField>();
  const send = async (request: Request, without: typeof refused, signal: AbortSignal) => {
    const body = bodyOf(options, request, without);
    // The library's own stream ends with a TypeError at a choice that is null.
    const response = await client.chat.completions.create(body, { signal }).asResponse();
    const chunks = readEvents(response);
    // A field whose absence did not help was not the reason.
    for (const field of without) refused.add(field);
    return chunks;
  };
  return async (request: Request, signal: AbortSignal) => {
    const without = new Set(refused);
    for (;;) {
      try {
        return await send(request, without, signal);
      } catch (cause) {
        const field = refusedField(cause, without);
        if (!field || signal.aborted) throw cause;
        without.add(field);
      }
    }
  };
}

/** Fields that not every server knows, in the order in which they are given up. */
const optionalFields = [
  'include_obfuscation',
  'stream_options',
  'max_completion_tokens',
  'max_tokens',
  'reasoning_effort',
] as const;
export type OptionalField = (typeof optionalFields)[number];
/** The present name of the longest answer, and the former one, which many servers know alone. */
const limitFields = ['max_completion_tokens', 'max_tokens'] as const;

/**
 * OpenAI's models that think before they answer. Thinking is too slow for a conversation, and in chat completions they
 * call functions only with an effort of "none" (OpenAI's model pages, 2026-11).
 */
const thinker = /(^|[/:])gpt-[56](\b|[.-])/;

export function bodyOf(
  { model, maxTokens }: ChatOptions,
  { messages, mostTokens = maxTokens, tools }: Request,
  refused: ReadonlySet<OptionalField>,
): ChatCompletionCreateParamsStreaming {
  const obfuscation = refused.has('include_obfuscation') ? {} : { include_obfuscation: false };
  const limit = limitFields.find((field) => !refused.has(field));
  return {
    model,
    messages: apiMessages(messages),
    stream: true,
    ...(thinker.test(model) &&
      !refused.has('reasoning_effort') && { reasoning_effort: 'none' as const }),
    ...(!refused.has('stream_options') && {
      stream_options: { include_usage: true, ...obfuscation },
    }),
    ...(limit && mostTokens !== undefined && { [limit]: mostTokens }),
    ...(tools.length > 0 && { tools: apiTools(tools) }),
  };
}

/** Field that a server refused: the one it names, or the rarest if it only says that one is unknown. */
export function refusedField(
  cause: unknown,
  refused: ReadonlySet<OptionalField>,
): OptionalField | undefined {
  if (!(cause instanceof APIError) || (cause.status !== 400 && cause.status !== 422))
    return undefined;
  const words = `${cause.message} ${JSON.stringify(cause.error ?? '')}`;
  const open = optionalFields.filter((field) => !refused.has(field));
  const named = open.find((field) => words.includes(field));
  if (named) return named;
  // vLLM, of a model with less room than the answer may take: "(9 in the messages, 4000 in the completion)".
  if (words.includes('in the completion')) return limitFields.find((field) => open.includes(field));
  return /unknown|unrecogni|unexpected|extra|not permitted/i.test(words) ? open[0] : undefined;
}
