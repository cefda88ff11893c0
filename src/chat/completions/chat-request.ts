import { APIError } from 'openai/core/error';
import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
} from 'openai/resources/chat/completions';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, Tool } from '#src/chat/ports.ts';
import { apiMessages, apiTools } from './api-messages.ts';

export type ChatOptions = {
  readonly model: string;
  /** Longest answer, sound and thoughts included. */
  readonly maxTokens?: number;
  /** Models with which a chaining server hears and speaks. Left out: its own choice. */
  readonly transcriptionModel?: string;
  readonly speechModel?: string;
};

export type ChatRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  /** Voice of an answer in sound; absent: it is written. */
  readonly voice?: string;
  readonly mostTokens?: number;
};

/** Fields that not every server knows, in the order in which they are given up. */
const optionalFields = [
  'include_obfuscation',
  'stream_options',
  'max_completion_tokens',
  'max_tokens',
  'reasoning_effort',
] as const;
/** The present name of the longest answer, and the former one, which many servers know alone. */
const limitFields = ['max_completion_tokens', 'max_tokens'] as const;
/** Parts of a request that a server may refuse: fields, a stream, tools. */
export type RefusableField = (typeof optionalFields)[number] | 'stream' | 'tools';

/**
 * OpenAI's models that think before they answer. Thinking is too slow for a conversation, and in chat completions they
 * call functions only with an effort of "none" (OpenAI's model pages, 2026-11).
 */
const thinker = /(^|[/:])gpt-[56](\b|[.-])/;

export function requestBody(
  options: ChatOptions,
  { messages, mostTokens = options.maxTokens, tools, voice }: ChatRequest,
  without: ReadonlySet<RefusableField>,
): ChatCompletionCreateParamsStreaming | ChatCompletionCreateParamsNonStreaming {
  const { model } = options;
  const limit = limitFields.find((field) => !without.has(field));
  const thinks = thinker.test(model) && !without.has('reasoning_effort');
  const body = {
    model,
    messages: apiMessages(messages),
    ...(thinks && { reasoning_effort: 'none' as const }),
    ...(limit && mostTokens !== undefined && { [limit]: mostTokens }),
    ...(tools.length > 0 && !without.has('tools') && { tools: apiTools(tools) }),
    ...(voice !== undefined && soundFields(options, voice, !without.has('stream'))),
  };
  if (without.has('stream')) return body;
  const obfuscation = without.has('include_obfuscation') ? {} : { include_obfuscation: false };
  const stream_options = { include_usage: true, ...obfuscation };
  return { ...body, stream: true, ...(!without.has('stream_options') && { stream_options }) };
}

function soundFields(
  { speechModel, transcriptionModel }: ChatOptions,
  voice: string,
  streams: boolean,
) {
  const format: 'pcm16' | 'wav' = streams ? 'pcm16' : 'wav';
  return {
    modalities: ['text', 'audio'] as ('text' | 'audio')[],
    audio: { voice, format },
    ...(transcriptionModel && { transcription_model: transcriptionModel }),
    ...(speechModel && { speech_model: speechModel }),
  };
}

/** A part to leave out of a request that was refused; a guess is one that the server does not name. */
export type Refusal = { readonly field: RefusableField; readonly isGuess?: true };

/**
 * Complaints of servers without tools: "does not support tools", "tool choice requires --enable-auto-tool-choice",
 * "function calling".
 */
const aboutTools = /\btools?\b|\btool[_ -]|function[_ -]call/i;
/** Statuses with which servers refuse a part of a request. */
const refusals = new Set([400, 404, 422]);

export function refusal(cause: unknown, without: ReadonlySet<RefusableField>): Refusal | undefined {
  const mayBeStream = !without.has('stream');
  if (isWrongType(cause)) return mayBeStream ? { field: 'stream', isGuess: true } : undefined;
  if (!(cause instanceof APIError) || !refusals.has(cause.status ?? 0)) return undefined;
  const words = `${cause.message} ${JSON.stringify(cause.error ?? '')}`;
  if (aboutTools.test(words) && !without.has('tools')) return { field: 'tools' };
  const field = refusedField(words, without);
  if (field) return { field };
  return mayBeStream && /\bstream/i.test(words) ? { field: 'stream', isGuess: true } : undefined;
}

/** Field that a server refused: the one it names, or the rarest if it only says that one is unknown. */
function refusedField(
  words: string,
  without: ReadonlySet<RefusableField>,
): RefusableField | undefined {
  const open = optionalFields.filter((field) => !without.has(field));
  const named = open.find((field) => words.includes(field));
  if (named) return named;
  // vLLM, of a model with less room than the answer may take: "(9 in the messages, 4000 in the completion)".
  if (words.includes('in the completion')) return limitFields.find((field) => open.includes(field));
  return /unknown|unrecogni|unexpected|extra|not permitted/i.test(words) ? open[0] : undefined;
}

function isWrongType(thrown: unknown): boolean {
  if (thrown instanceof BotError && thrown.code === 'provider.wrong_type') return true;
  return thrown instanceof Error && isWrongType(thrown.cause);
}
