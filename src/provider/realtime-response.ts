import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { JsonEvent, JsonSocket } from './json-socket.ts';
import { formatServerName, toErrorCode } from './models/error-text.ts';
import { type TokenUsage, toReportedTokens } from './models/request-reservation.ts';
import {
  createRealtimeError,
  type RealtimeSocketOptions,
  readErrorEvent,
} from './realtime-pool.ts';

export type ResponseOptions = Pick<RealtimeSocketOptions, 'baseUrl' | 'apiKey'> & {
  readonly socket: Pick<JsonSocket, 'attach' | 'setPaused'>;
  /** A rejection of these events ends the response. */
  readonly eventIds: readonly string[];
  /** The request limits the output, so the limit is a proper end. */
  readonly isLimited?: boolean;
  readonly clock?: Clock;
};

type ToolCall = {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
};

export type ResponsePart =
  | { readonly kind: 'sound'; readonly bytes: Buffer }
  /** `transcript` holds the words of the sound. */
  | { readonly kind: 'text' | 'transcript'; readonly text: string }
  | { readonly kind: 'usage'; readonly usage: TokenUsage }
  /** Calls come last, and never after an interruption. */
  | { readonly kind: 'tool'; readonly call: ToolCall };

const maxUnreadMs = 1000;
const bytesPerMs = 48;
/** An error that may be about a request ends it if it does not begin within this time. */
const errorBlameMs = 2000;
const textEventType =
  /^response\.output_(?<kind>text|audio_transcript)\.(?:delta|(?<end>done))$/;

/** One response of a server as it arrives. A reader who leaves early must close the connection. */
export function createRealtimeResponse(options: ResponseOptions) {
  let responseId: string | undefined;
  const parts: ResponsePart[] = [];
  /** The words of these items came in pieces, and need not come whole. */
  const streamed = new Set<unknown>();
  /** Some servers do not repeat these calls at the end. */
  const toolCalls: ToolCall[] = [];
  let hereMs = 0;
  let isHeld = false;
  let change = Promise.withResolvers<void>();
  let ended: { readonly error: BotError | undefined } | undefined;
  options.socket.attach({ onEvent, onLost: endResponse });

  function onEvent(event: JsonEvent) {
    if (ended) return;
    if (event.type === 'error') handleError(event);
    else if (belongsHere(event)) handleEvent(event);
    wake();
  }

  function belongsHere({ type, response, response_id }: JsonEvent) {
    if (!toNonEmptyText(type)?.startsWith('response.')) return false;
    // Events without an id belong to this response.
    const id =
      toNonEmptyText(toRecord(response).id) ??
      toNonEmptyText(response_id) ??
      responseId;
    responseId ??= id;
    return id === responseId;
  }

  function handleEvent(event: JsonEvent) {
    const { type, delta } = event;
    const words = textEventType.exec(toPlainText(type))?.groups;
    if (words) addText(event, words.kind === 'text' ? 'text' : 'transcript', words.end);
    switch (type) {
      case 'response.output_audio.delta': {
        const bytes = Buffer.from(toPlainText(delta), 'base64');
        countUnread(bytes.length / bytesPerMs);
        parts.push({ kind: 'sound', bytes });
        break;
      }
      case 'response.output_item.done':
        toolCalls.push(...listCalls([event.item]));
        break;
      case 'response.done':
        finish(toRecord(event.response));
        break;
    }
  }

  function addText(
    event: JsonEvent,
    kind: 'text' | 'transcript',
    end: string | undefined,
  ) {
    // Servers that do not stream the words send them whole at the end.
    if (end && streamed.has(event.item_id)) return;
    streamed.add(event.item_id);
    const text = toPlainText(event.delta ?? event.transcript ?? event.text);
    if (text !== '') parts.push({ kind, text });
  }

  function finish(response: JsonEvent) {
    const usage = toReportedTokens(response.usage);
    if (usage) parts.push({ kind: 'usage', usage });
    const error = findEndError(response, options);
    const last = listCalls(response.output);
    const calls = last.length > 0 ? last : toolCalls;
    if (!error) for (const call of calls) parts.push({ kind: 'tool', call });
    endResponse(error);
  }

  function handleError(event: JsonEvent) {
    const { code, eventId, words } = readErrorEvent(event);
    const error = createRealtimeError(words, code, options);
    const { clock = realClock, eventIds } = options;
    if (eventId !== undefined && eventIds.includes(eventId)) endResponse(error);
    if (eventId !== undefined || responseId !== undefined) return;
    const judge = () => (responseId === undefined ? endResponse(error) : undefined);
    clock.later(errorBlameMs, judge);
  }

  function endResponse(error: BotError | undefined) {
    ended ??= { error };
    wake();
  }

  function countUnread(ms: number) {
    hereMs += ms;
    if (hereMs > maxUnreadMs) setPaused(true);
    else if (hereMs < maxUnreadMs / 2) setPaused(false);
  }

  function setPaused(on: boolean) {
    if (isHeld === on) return;
    isHeld = on;
    options.socket.setPaused(on);
  }

  function wake() {
    change.resolve();
    change = Promise.withResolvers();
  }

  async function takePart(signal: AbortSignal) {
    while (parts.length === 0 && !ended)
      await waitUnlessAborted(change.promise, signal);
    signal.throwIfAborted();
    const part = parts.shift();
    if (part?.kind === 'sound') countUnread(-part.bytes.length / bytesPerMs);
    if (!part && ended?.error) throw ended.error;
    return part;
  }

  return {
    /**
     * Yields the parts, once and without a deadline. Throws BotError `provider.*` after partial output, also without
     * a proper end.
     */
    async *read(signal: AbortSignal): AsyncGenerator<ResponsePart> {
      for (let part = await takePart(signal); part; part = await takePart(signal))
        yield part;
    },
  };
}

function findEndError({ status, status_details }: JsonEvent, options: ResponseOptions) {
  const { baseUrl, isLimited } = options;
  const { error, reason } = toRecord(status_details);
  const { message: words = reason, code, type } = toRecord(error);
  const statedCode = toErrorCode(words);
  if (status === 'completed' || (isLimited && statedCode === 'max_output_tokens'))
    return undefined;
  if (status !== 'cancelled' && status !== 'incomplete') {
    const text = toNonEmptyText(words) ?? 'no reason given';
    return createRealtimeError(
      text,
      toNonEmptyText(code) ?? toNonEmptyText(type),
      options,
    );
  }
  const why = statedCode === undefined ? status : `${status}, ${statedCode}`;
  const message = `${formatServerName(baseUrl)} ended its answer early (${why}).`;
  if (words === 'content_filter')
    return new BotError('provider.refused', false, message);
  return new BotError('provider.truncated', true, message);
}

function listCalls(items: unknown) {
  const all = Array.isArray(items) ? items.map(toRecord) : [];
  return all.flatMap(({ type, call_id, name, arguments: json }) => {
    const call = {
      id: toPlainText(call_id),
      name: toPlainText(name),
      argumentsJson: toPlainText(json),
    };
    return type === 'function_call' && call.id && call.name ? [call] : [];
  });
}

function toPlainText(value: unknown) {
  return toNonEmptyText(value) ?? '';
}
