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
export class RealtimeResponse {
  readonly #options: ResponseOptions;
  #id: string | undefined;
  readonly #parts: ResponsePart[] = [];
  /** The words of these items came in pieces, and need not come whole. */
  readonly #streamed = new Set<unknown>();
  /** Some servers do not repeat these calls at the end. */
  readonly #calls: ToolCall[] = [];
  #hereMs = 0;
  #isHeld = false;
  #change = Promise.withResolvers<void>();
  #ended: { readonly error: BotError | undefined } | undefined;

  constructor(options: ResponseOptions) {
    this.#options = options;
    options.socket.attach({
      onEvent: (event) => this.#onEvent(event),
      onLost: (error) => this.#end(error),
    });
  }

  /**
   * Yields the parts, once and without a deadline. Throws BotError `provider.*` after partial output, also without
   * a proper end.
   */
  async *read(signal: AbortSignal): AsyncGenerator<ResponsePart> {
    for (;;) {
      signal.throwIfAborted();
      const part = this.#parts.shift();
      if (part) {
        if (part.kind === 'sound') this.#countUnread(-part.bytes.length / bytesPerMs);
        yield part;
      } else if (this.#ended?.error) throw this.#ended.error;
      else if (this.#ended) return;
      else await waitUnlessAborted(this.#change.promise, signal);
    }
  }

  #onEvent(event: JsonEvent) {
    if (this.#ended) return;
    if (event.type === 'error') this.#handleError(event);
    else if (this.#belongsHere(event)) this.#handleEvent(event);
    this.#wake();
  }

  #belongsHere({ type, response, response_id }: JsonEvent) {
    if (!toNonEmptyText(type)?.startsWith('response.')) return false;
    // Events without an id belong to this response.
    const id =
      toNonEmptyText(toRecord(response).id) ?? toNonEmptyText(response_id) ?? this.#id;
    this.#id ??= id;
    return id === this.#id;
  }

  #handleEvent(event: JsonEvent) {
    const { type, delta } = event;
    const words = textEventType.exec(toPlainText(type))?.groups;
    if (words)
      this.#addText(event, words.kind === 'text' ? 'text' : 'transcript', words.end);
    switch (type) {
      case 'response.output_audio.delta': {
        const bytes = Buffer.from(toPlainText(delta), 'base64');
        this.#countUnread(bytes.length / bytesPerMs);
        this.#parts.push({ kind: 'sound', bytes });
        break;
      }
      case 'response.output_item.done':
        this.#calls.push(...listCalls([event.item]));
        break;
      case 'response.done':
        this.#finish(toRecord(event.response));
        break;
    }
  }

  #addText(event: JsonEvent, kind: 'text' | 'transcript', end: string | undefined) {
    // Servers that do not stream the words send them whole at the end.
    if (end && this.#streamed.has(event.item_id)) return;
    this.#streamed.add(event.item_id);
    const text = toPlainText(event.delta ?? event.transcript ?? event.text);
    if (text !== '') this.#parts.push({ kind, text });
  }

  #finish(response: JsonEvent) {
    const usage = toReportedTokens(response.usage);
    if (usage) this.#parts.push({ kind: 'usage', usage });
    const error = this.#findEndError(response);
    const last = listCalls(response.output);
    const calls = last.length > 0 ? last : this.#calls;
    if (!error) for (const call of calls) this.#parts.push({ kind: 'tool', call });
    this.#end(error);
  }

  #findEndError({ status, status_details }: JsonEvent) {
    const { baseUrl, isLimited } = this.#options;
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
        this.#options,
      );
    }
    const why = statedCode === undefined ? status : `${status}, ${statedCode}`;
    const message = `${formatServerName(baseUrl)} ended its answer early (${why}).`;
    if (words === 'content_filter')
      return new BotError('provider.refused', false, message);
    return new BotError('provider.truncated', true, message);
  }

  #handleError(event: JsonEvent) {
    const { code, eventId, words } = readErrorEvent(event);
    const error = createRealtimeError(words, code, this.#options);
    const { clock = realClock, eventIds } = this.#options;
    if (eventId !== undefined && eventIds.includes(eventId)) this.#end(error);
    if (eventId !== undefined || this.#id !== undefined) return;
    const judge = () => (this.#id === undefined ? this.#end(error) : undefined);
    clock.later(errorBlameMs, judge);
  }

  #end(error: BotError | undefined) {
    this.#ended ??= { error };
    this.#wake();
  }

  #countUnread(ms: number) {
    this.#hereMs += ms;
    if (this.#hereMs > maxUnreadMs) this.#setPaused(true);
    else if (this.#hereMs < maxUnreadMs / 2) this.#setPaused(false);
  }

  #setPaused(on: boolean) {
    if (this.#isHeld === on) return;
    this.#isHeld = on;
    this.#options.socket.setPaused(on);
  }

  #wake() {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
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
