import { APIError } from 'openai/core/error';
import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { BotError } from '#src/base/errors.ts';
import type { Tool } from '#src/chat/ports.ts';
import { apiMessages, lineOf } from './api-messages.ts';
import type { AudioChatMessage } from './audio-chat-ports.ts';
import { bodyOf, type OptionalField, refusedField } from './openai-chat.ts';
import { aboutTools } from './without-tools.ts';

export type AudioChatOptions = {
  readonly model: string;
  readonly voice: string;
  /** Longest answer, sound and thoughts included. */
  readonly maxTokens?: number;
  /** Models with which a chaining server hears and speaks. Left out: its own choice. */
  readonly transcriptionModel?: string;
  readonly speechModel?: string;
};

export type AudioAsk = {
  readonly messages: readonly AudioChatMessage[];
  readonly tools: readonly Tool[];
  readonly voice: string;
  readonly mostTokens?: number;
  /** The server's id of its own answer with this text, if it still knows it. */
  readonly idOf: (text: string) => string | undefined;
};

/** Parts of a request that a server may refuse: fields, a stream, answers by their ids, tools. */
export type RefusableField = OptionalField | 'stream' | 'ids' | 'tools';

type SentRequest = {
  readonly body: ChatCompletionCreateParamsStreaming | ChatCompletionCreateParamsNonStreaming;
  /** Ids of answers, as they stand in the body. */
  readonly ids: readonly string[];
};

export function requestBody(
  { messages, mostTokens, tools, voice, idOf }: AudioAsk,
  options: AudioChatOptions,
  without: ReadonlySet<RefusableField>,
): SentRequest {
  const { transcriptionModel, speechModel } = options;
  const ids: string[] = [];
  const report = (text: string) => {
    const id = without.has('ids') ? undefined : idOf(text);
    if (id !== undefined) ids.push(id);
    return id;
  };
  const offered = without.has('tools') ? [] : tools;
  const request = { messages: [], mostTokens, tools: offered };
  const { stream, stream_options, ...common } = bodyOf(options, request, fieldsOf(without));
  const streams = !without.has('stream');
  const format: 'pcm16' | 'wav' = streams ? 'pcm16' : 'wav';
  const body = {
    ...common,
    messages: audioMessages(messages, report),
    modalities: ['text', 'audio'] as ('text' | 'audio')[],
    audio: { voice, format },
    ...(transcriptionModel && { transcription_model: transcriptionModel }),
    ...(speechModel && { speech_model: speechModel }),
  };
  if (!streams) return { body, ids };
  return { body: { ...body, stream, ...(stream_options && { stream_options }) }, ids };
}

/** Messages in the format of the API, with sound where there is some: each person's after a line that names them. */
function audioMessages(
  messages: readonly AudioChatMessage[],
  idOf: AudioAsk['idOf'],
): ChatCompletionMessageParam[] {
  const sent: ChatCompletionMessageParam[] = [];
  for (const message of messages) {
    const next = audioMessage(message, idOf);
    const last = sent.at(-1);
    if (next?.role === 'user' && last?.role === 'user')
      last.content = joined(last.content, next.content);
    else if (next) sent.push(next);
  }
  return sent;
}

function audioMessage(
  message: AudioChatMessage,
  idOf: AudioAsk['idOf'],
): ChatCompletionMessageParam | undefined {
  if ('wav' in message) {
    const data = Buffer.from(message.wav).toString('base64');
    const text = lineOf(message.name, '').trim() || 'Somebody:';
    const sound = { type: 'input_audio' as const, input_audio: { data, format: 'wav' as const } };
    return { role: 'user', content: [{ type: 'text', text }, sound] };
  }
  const isAnswer = message.role === 'assistant' && (message.calls ?? []).length === 0;
  const id = isAnswer ? idOf(message.content) : undefined;
  return id === undefined ? apiMessages([message])[0] : { role: 'assistant', audio: { id } };
}

type Content = string | ChatCompletionContentPart[];

function joined(one: Content, other: Content): Content {
  if (typeof one === 'string' && typeof other === 'string') return `${one}\n${other}`;
  return [...partsOf(one), ...partsOf(other)];
}

function partsOf(content: Content): ChatCompletionContentPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/**
 * Parts to leave out of a request that was refused.
 *
 * `lost`: the ids in it, they are gone. `named`: the parts the server complains about. `guess`: other possible reasons.
 */
export type Refusal =
  | { readonly kind: 'lost' }
  | { readonly kind: 'named' | 'guess'; readonly given: RefusableField };

export function refusal(
  cause: unknown,
  without: ReadonlySet<RefusableField>,
  ids: readonly string[],
): Refusal | undefined {
  const wrongType = causesOf(cause).some(
    (error) => error instanceof BotError && error.code === 'provider.wrong_type',
  );
  if (wrongType && !without.has('stream')) return { kind: 'guess', given: 'stream' };
  if (!(cause instanceof APIError)) return undefined;
  const words = `${cause.message} ${JSON.stringify(cause.error ?? '')}`;
  if (ids.length > 0 && /audio_not_found|audio\.id/.test(words)) return { kind: 'lost' };
  const { status = 0 } = cause;
  const isRefused = (given: 'tools' | 'stream', about: RegExp) =>
    (status === 400 || status === 422) && about.test(words) && !without.has(given);
  if (isRefused('tools', aboutTools)) return { kind: 'named', given: 'tools' };
  const field = refusedField(cause, fieldsOf(without));
  if (field) return { kind: 'named', given: field };
  if (isRefused('stream', /\bstream/i)) return { kind: 'guess', given: 'stream' };
  const mayBeIds = [400, 404, 422, 500].includes(status) && ids.length > 0;
  return mayBeIds ? { kind: 'guess', given: 'ids' } : undefined;
}

function fieldsOf(without: ReadonlySet<RefusableField>): ReadonlySet<OptionalField> {
  return new Set([...without].filter(isField));
}

function isField(given: RefusableField): given is OptionalField {
  return given !== 'stream' && given !== 'ids' && given !== 'tools';
}

function causesOf(thrown: unknown): unknown[] {
  return thrown instanceof Error ? [thrown, ...causesOf(thrown.cause)] : [thrown];
}
