import { fieldsOf, textIn } from '#src/base/json.ts';
import { reportedTokens, type TokenUsage } from '#src/provider/models/usage-reading.ts';
import type { JsonEvent } from './json-socket.ts';
import { errorIn } from './realtime-link.ts';

type ToolCall = { readonly id: string; readonly name: string; readonly argumentsJson: string };

/** End of a response. */
export type ResponseEnd = {
  readonly status: 'completed' | 'cancelled' | 'incomplete' | 'failed';
  readonly words: string | undefined;
  readonly code: string | undefined;
  readonly usage: TokenUsage | undefined;
  readonly calls: readonly ToolCall[];
};

/** A part of a response; the id is missing where a server leaves it out. */
type Of = { readonly responseId: string | undefined };
type OfItem = Of & { readonly itemId: string };

/** Event of a server, in our words. */
export type TalkEvent =
  | (Of & { readonly kind: 'began' })
  | (OfItem & { readonly kind: 'output'; readonly call: ToolCall | undefined })
  | (OfItem & { readonly kind: 'sound'; readonly bytes: Buffer })
  | (OfItem & {
      readonly kind: 'words';
      readonly text: string;
      readonly isSpoken: boolean;
      /** All of them, for servers that do not stream them. */
      readonly isWhole: boolean;
    })
  | (OfItem & { readonly kind: 'call'; readonly call: ToolCall })
  | (Of & { readonly kind: 'done'; readonly end: ResponseEnd })
  | ({ readonly kind: 'error' } & Readonly<ReturnType<typeof errorIn>>);

export type ResponseEvent = Extract<TalkEvent, Of>;
export type TalkError = Extract<TalkEvent, { kind: 'error' }>;

type EventReader = (event: JsonEvent) => TalkEvent | undefined;

const readers: Readonly<Record<string, EventReader>> = {
  'response.created': ({ response }) => {
    return { kind: 'began', responseId: textIn(fieldsOf(response).id) };
  },
  'response.output_item.added': output,
  'response.output_item.done': output,
  'response.output_audio.delta': sound,
  'response.output_audio_transcript.delta': words(true, 'delta'),
  'response.output_audio_transcript.done': words(true, 'transcript'),
  'response.output_text.delta': words(false, 'delta'),
  'response.output_text.done': words(false, 'text'),
  'response.function_call_arguments.done': (event) => ({
    kind: 'call',
    ...ofItem(event),
    call: callOf(event),
  }),
  'response.done': ({ response }) => {
    const { id } = fieldsOf(response);
    return { kind: 'done', responseId: textIn(id), end: endOf(fieldsOf(response)) };
  },
  error: (event) => ({ kind: 'error', ...errorIn(event) }),
};

/** Undefined for events that are not needed here. */
export function readTalk(event: JsonEvent): TalkEvent | undefined {
  const { type } = event;
  const reader =
    typeof type === 'string' && Object.hasOwn(readers, type) ? readers[type] : undefined;
  return reader?.(event);
}

function output(event: JsonEvent): TalkEvent {
  const item = fieldsOf(event.item);
  const call = item.type === 'function_call' ? callOf(item) : undefined;
  return { kind: 'output', ...of(event), itemId: word(item.id), call };
}

function sound(event: JsonEvent): TalkEvent {
  return { kind: 'sound', ...ofItem(event), bytes: Buffer.from(word(event.delta), 'base64') };
}

function words(isSpoken: boolean, field: 'delta' | 'transcript' | 'text'): EventReader {
  return (event) => ({
    kind: 'words',
    ...ofItem(event),
    text: word(event[field]),
    isSpoken,
    isWhole: field !== 'delta',
  });
}

function endOf(response: JsonEvent): ResponseEnd {
  const { status, status_details, usage, output } = response;
  const details = fieldsOf(status_details);
  const error = fieldsOf(details.error);
  const items = Array.isArray(output) ? output.map(fieldsOf) : [];
  return {
    status: statuses.find((one) => one === status) ?? 'failed',
    words: textIn(error.message) ?? textIn(details.reason),
    code: textIn(error.code) ?? textIn(error.type),
    usage: usageOf(usage),
    calls: items.filter(({ type }) => type === 'function_call').map(callOf),
  };
}

const statuses = ['completed', 'cancelled', 'incomplete', 'failed'] as const;

function usageOf(usage: unknown): TokenUsage | undefined {
  const { input_tokens, output_tokens, input_token_details, output_token_details } =
    fieldsOf(usage);
  return reportedTokens(input_tokens, output_tokens, input_token_details, output_token_details);
}

function callOf(item: JsonEvent): ToolCall {
  const { call_id, name, arguments: json } = item;
  return { id: word(call_id), name: word(name), argumentsJson: word(json) };
}

function of({ response_id }: JsonEvent): Of {
  return { responseId: textIn(response_id) };
}

function ofItem(event: JsonEvent): OfItem {
  return { ...of(event), itemId: word(event.item_id) };
}

function word(value: unknown): string {
  return textIn(value) ?? '';
}
