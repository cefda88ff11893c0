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

/** A part of a response. */
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
export class RealtimeResponse {
  readonly #options: ResponseOptions;
  readonly #parts: ResponsePart[] = [];
  /** The words of these items came in pieces, and need not come whole. */
  readonly #streamedItemIds = new Set<unknown>();
  /** Some servers do not repeat these calls at the end. */
  readonly #toolCalls: ToolCall[] = [];
  #responseId: string | undefined;
  #unreadMs = 0;
  #isPaused = false;
  #change = Promise.withResolvers<void>();
  #end: { readonly error: BotError | undefined } | undefined;

  /** Becomes the listener of the socket. */
  constructor(options: ResponseOptions) {
    this.#options = options;
    options.socket.attach({
      onEvent: (event) => this.#onEvent(event),
      onLost: (error) => this.#endResponse(error),
    });
  }

  /**
   * Yields the parts, once and without a deadline. Throws BotError `provider.*` after partial output, also without
   * a proper end.
   */
  async *read(signal: AbortSignal): AsyncGenerator<ResponsePart> {
    let part = await this.#takePart(signal);
    while (part) {
      yield part;
      part = await this.#takePart(signal);
    }
  }

  #onEvent(event: JsonEvent) {
    if (this.#end) return;
    if (event.type === 'error') this.#handleError(event);
    else if (this.#belongsHere(event)) this.#handleEvent(event);
    this.#wakeReader();
  }

  #belongsHere({ type, response, response_id }: JsonEvent) {
    if (!toNonEmptyText(type)?.startsWith('response.')) return false;
    // Events without an id belong to this response.
    const id =
      toNonEmptyText(toRecord(response).id) ??
      toNonEmptyText(response_id) ??
      this.#responseId;
    this.#responseId ??= id;
    return id === this.#responseId;
  }

  #handleEvent(event: JsonEvent) {
    const { type, delta } = event;
    const textEvent = textEventType.exec(toPlainText(type))?.groups;
    if (textEvent) {
      const kind = textEvent.kind === 'text' ? 'text' : 'transcript';
      this.#addText(event, kind, textEvent.end);
    }
    switch (type) {
      case 'response.output_audio.delta': {
        const bytes = Buffer.from(toPlainText(delta), 'base64');
        this.#countUnread(bytes.length / bytesPerMs);
        this.#parts.push({ kind: 'sound', bytes });
        break;
      }
      case 'response.output_item.done':
        this.#toolCalls.push(...listCalls([event.item]));
        break;
      case 'response.done':
        this.#finishResponse(toRecord(event.response));
        break;
    }
  }

  #addText(event: JsonEvent, kind: 'text' | 'transcript', end: string | undefined) {
    // Servers that do not stream the words send them whole at the end.
    if (end && this.#streamedItemIds.has(event.item_id)) return;
    this.#streamedItemIds.add(event.item_id);
    const text = toPlainText(event.delta ?? event.transcript ?? event.text);
    if (text !== '') this.#parts.push({ kind, text });
  }

  #finishResponse(response: JsonEvent) {
    const usage = toReportedTokens(response.usage);
    if (usage) this.#parts.push({ kind: 'usage', usage });
    const error = findEndError(response, this.#options);
    const listedCalls = listCalls(response.output);
    const calls = listedCalls.length > 0 ? listedCalls : this.#toolCalls;
    if (!error) for (const call of calls) this.#parts.push({ kind: 'tool', call });
    this.#endResponse(error);
  }

  #handleError(event: JsonEvent) {
    const { code, eventId, message } = readErrorEvent(event);
    const error = createRealtimeError(message, code, this.#options);
    const { clock = realClock, eventIds } = this.#options;
    if (eventId !== undefined && eventIds.includes(eventId)) this.#endResponse(error);
    if (eventId !== undefined || this.#responseId !== undefined) return;
    clock.later(errorBlameMs, () => {
      if (this.#responseId === undefined) this.#endResponse(error);
    });
  }

  #endResponse(error: BotError | undefined) {
    this.#end ??= { error };
    this.#wakeReader();
  }

  #countUnread(ms: number) {
    this.#unreadMs += ms;
    if (this.#unreadMs > maxUnreadMs) this.#setPaused(true);
    else if (this.#unreadMs < maxUnreadMs / 2) this.#setPaused(false);
  }

  #setPaused(isPaused: boolean) {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    this.#options.socket.setPaused(isPaused);
  }

  #wakeReader() {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  async #takePart(signal: AbortSignal) {
    while (this.#parts.length === 0 && !this.#end)
      await waitUnlessAborted(this.#change.promise, signal);
    signal.throwIfAborted();
    const part = this.#parts.shift();
    if (part?.kind === 'sound') this.#countUnread(-part.bytes.length / bytesPerMs);
    if (!part && this.#end?.error) throw this.#end.error;
    return part;
  }
}

function findEndError({ status, status_details }: JsonEvent, options: ResponseOptions) {
  const { baseUrl, isLimited } = options;
  const { error, reason } = toRecord(status_details);
  const { message = reason, code, type } = toRecord(error);
  const statedCode = toErrorCode(message);
  if (status === 'completed' || (isLimited && statedCode === 'max_output_tokens'))
    return undefined;
  if (status !== 'cancelled' && status !== 'incomplete') {
    const text = toNonEmptyText(message) ?? 'no reason given';
    return createRealtimeError(
      text,
      toNonEmptyText(code) ?? toNonEmptyText(type),
      options,
    );
  }
  const endReason = statedCode === undefined ? status : `${status}, ${statedCode}`;
  const sentence = `${formatServerName(baseUrl)} ended its answer early (${endReason}).`;
  if (message === 'content_filter')
    return new BotError('provider.refused', false, sentence);
  return new BotError('provider.truncated', true, sentence);
}

function listCalls(items: unknown) {
  const records = Array.isArray(items) ? items.map(toRecord) : [];
  return records.flatMap(({ type, call_id, name, arguments: json }) => {
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
