import { APIError, type OpenAI } from 'openai';
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import { describeError } from '#src/provider/describe-error.ts';
import { serverName } from '#src/provider/foreign-words.ts';
import { servedBy } from '#src/provider/served-by.ts';
import { apiMessages, apiTools } from './api-messages.ts';
import { ChatStream } from './chat-stream.ts';
import type { ChatMessage, ChatModel, Tool } from './ports.ts';

export type ChatOptions = {
  readonly model: string;
  /** Longest answer, thoughts included. */
  readonly maxTokens?: number;
};

/** A chat model behind any server that speaks OpenAI's streamed chat completions. */
export function openChatModel(client: OpenAI, options: ChatOptions): ChatModel {
  const by = servedBy(options.model, client.baseURL);
  /** Fields this server has refused, kept so that only the first answer pays for finding out. */
  const refused = new Set<OptionalField>();
  const open = async (request: Request, signal: AbortSignal) => {
    for (;;) {
      try {
        return await client.chat.completions.create(bodyOf(options, request, refused), { signal });
      } catch (cause) {
        const field = refusedField(cause, refused);
        if (!field || signal.aborted) throw cause;
        refused.add(field);
      }
    }
  };
  return {
    async *reply(messages, tools, signal) {
      signal.throwIfAborted();
      const answer = new ChatStream(by);
      try {
        for await (const chunk of await open({ messages, tools }, signal)) {
          signal.throwIfAborted();
          yield* answer.add(chunk);
        }
      } catch (cause) {
        signal.throwIfAborted();
        // What goes wrong after the last word is no concern of the listener.
        if (!answer.finished) throw describeError(cause, client);
      }
      // The client ends an aborted stream quietly.
      signal.throwIfAborted();
      yield* answer.end(serverName(client.baseURL));
    },
  };
}

type Request = { readonly messages: readonly ChatMessage[]; readonly tools: readonly Tool[] };

/** What not every server knows, in the order in which it is given up. */
const optionalFields = [
  'include_obfuscation',
  'stream_options',
  'max_completion_tokens',
  'reasoning_effort',
] as const;
export type OptionalField = (typeof optionalFields)[number];

/**
 * OpenAI's models that think before they answer. Nobody waits for that in a conversation, and in chat completions they
 * call functions only with an effort of "none" (OpenAI's model pages, 2026-11).
 */
const thinker = /(^|[/:])gpt-[56](\b|[.-])/;

export function bodyOf(
  { model, maxTokens }: ChatOptions,
  { messages, tools }: Request,
  refused: ReadonlySet<OptionalField>,
): ChatCompletionCreateParamsStreaming {
  const obfuscation = refused.has('include_obfuscation') ? {} : { include_obfuscation: false };
  const limit = refused.has('max_completion_tokens') ? 'max_tokens' : 'max_completion_tokens';
  return {
    model,
    messages: apiMessages(messages),
    stream: true,
    ...(thinker.test(model) &&
      !refused.has('reasoning_effort') && { reasoning_effort: 'none' as const }),
    ...(!refused.has('stream_options') && {
      stream_options: { include_usage: true, ...obfuscation },
    }),
    ...(maxTokens !== undefined && { [limit]: maxTokens }),
    ...(tools.length > 0 && { tools: apiTools(tools) }),
  };
}

/** Which field a server stumbled over: the one it names, or the rarest if it only says that one is unknown. */
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
  return /unknown|unrecogni|unexpected|extra|not permitted/i.test(words) ? open[0] : undefined;
}
