import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { fieldsOf, textIn } from '#src/base/json.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import { codeOf, serverName } from '#src/provider/models/error-phrases.ts';
import { reportedTokens, type TokenUsage } from '#src/provider/models/request-hold.ts';
import type { JsonEvent, JsonSocket } from './json-socket.ts';
import { errorIn, type LinkOptions, refusalOf } from './realtime-pool.ts';

export type ResponseOptions = Pick<LinkOptions, 'baseUrl' | 'apiKey'> & {
  readonly link: Pick<JsonSocket, 'attach' | 'hold'>;
  /** Events of ours whose rejection ends the response. */
  readonly eventIds: readonly string[];
  /** The request limits the output, so the limit is a proper end. */
  readonly isLimited?: boolean;
  readonly clock?: Clock;
};

type ToolCall = { readonly id: string; readonly name: string; readonly argumentsJson: string };

export type ResponsePart =
  | { readonly kind: 'sound'; readonly bytes: Buffer }
  /** `transcript` holds the words of the sound. */
  | { readonly kind: 'text' | 'transcript'; readonly text: string }
  | { readonly kind: 'usage'; readonly usage: TokenUsage }
  /** Calls come last, and never after an interruption. */
  | { readonly kind: 'tool'; readonly call: ToolCall };

const mostHereMs = 1000;
const bytesPerMs = 48;
/** An error that may be about a request ends it if it does not begin within this time. */
const suspectMs = 2000;
const wordsEvent = /^response\.output_(?<kind>text|audio_transcript)\.(?:delta|(?<end>done))$/;

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
    options.link.attach({
      hear: (event) => this.#hear(event),
      lost: (error) => this.#end(error),
    });
  }

  /**
   * May be called once, and has no deadline. Throws BotError `provider.*` after partial output, also without a proper
   * end. Aborting `signal` throws `signal.reason`.
   */
  async *read(signal: AbortSignal): AsyncGenerator<ResponsePart> {
    for (;;) {
      signal.throwIfAborted();
      const part = this.#parts.shift();
      if (part) {
        if (part.kind === 'sound') this.#unread(-part.bytes.length / bytesPerMs);
        yield part;
      } else if (this.#ended?.error) throw this.#ended.error;
      else if (this.#ended) return;
      else await unlessAborted(this.#change.promise, signal);
    }
  }

  #hear(event: JsonEvent): void {
    if (this.#ended) return;
    if (event.type === 'error') this.#object(event);
    else if (this.#isOurs(event)) this.#handle(event);
    this.#wake();
  }

  /** Events without an id belong to this response. */
  #isOurs({ type, response, response_id }: JsonEvent): boolean {
    if (!textIn(type)?.startsWith('response.')) return false;
    const id = textIn(fieldsOf(response).id) ?? textIn(response_id) ?? this.#id;
    this.#id ??= id;
    return id === this.#id;
  }

  #handle(event: JsonEvent): void {
    const { type, delta } = event;
    const words = wordsEvent.exec(word(type))?.groups;
    if (words) this.#words(event, words.kind === 'text' ? 'text' : 'transcript', words.end);
    switch (type) {
      case 'response.output_audio.delta': {
        const bytes = Buffer.from(word(delta), 'base64');
        this.#unread(bytes.length / bytesPerMs);
        this.#parts.push({ kind: 'sound', bytes });
        break;
      }
      case 'response.output_item.done':
        this.#calls.push(...callsIn([event.item]));
        break;
      case 'response.done':
        this.#done(fieldsOf(event.response));
        break;
    }
  }

  /** With `end` the words are whole, for servers that do not stream them. */
  #words(event: JsonEvent, kind: 'text' | 'transcript', end: string | undefined): void {
    if (end && this.#streamed.has(event.item_id)) return;
    this.#streamed.add(event.item_id);
    const text = word(event.delta ?? event.transcript ?? event.text);
    if (text !== '') this.#parts.push({ kind, text });
  }

  #done(response: JsonEvent): void {
    const usage = reportedTokens(response.usage);
    if (usage) this.#parts.push({ kind: 'usage', usage });
    const error = this.#errorOf(response);
    const last = callsIn(response.output);
    const calls = last.length > 0 ? last : this.#calls;
    if (!error) for (const call of calls) this.#parts.push({ kind: 'tool', call });
    this.#end(error);
  }

  #errorOf({ status, status_details }: JsonEvent): BotError | undefined {
    const { baseUrl, isLimited } = this.#options;
    const { error, reason } = fieldsOf(status_details);
    const { message: words = reason, code, type } = fieldsOf(error);
    const statedCode = codeOf(words);
    if (status === 'completed' || (isLimited && statedCode === 'max_output_tokens'))
      return undefined;
    if (status !== 'cancelled' && status !== 'incomplete') {
      const text = textIn(words) ?? 'no reason given';
      return refusalOf(text, textIn(code) ?? textIn(type), this.#options);
    }
    const why = statedCode === undefined ? status : `${status}, ${statedCode}`;
    const message = `${serverName(baseUrl)} ended its answer early (${why}).`;
    if (words === 'content_filter') return new BotError('provider.refused', false, message);
    return new BotError('provider.truncated', true, message);
  }

  #object(event: JsonEvent): void {
    const { code, eventId, words } = errorIn(event);
    const error = refusalOf(words, code, this.#options);
    const { clock = realClock, eventIds } = this.#options;
    if (eventId !== undefined && eventIds.includes(eventId)) this.#end(error);
    if (eventId !== undefined || this.#id !== undefined) return;
    const judge = () => (this.#id === undefined ? this.#end(error) : undefined);
    clock.later(suspectMs, judge);
  }

  #end(error: BotError | undefined): void {
    this.#ended ??= { error };
    this.#wake();
  }

  #unread(ms: number): void {
    this.#hereMs += ms;
    if (this.#hereMs > mostHereMs) this.#hold(true);
    else if (this.#hereMs < mostHereMs / 2) this.#hold(false);
  }

  #hold(on: boolean): void {
    if (this.#isHeld === on) return;
    this.#isHeld = on;
    this.#options.link.hold(on);
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

function callsIn(items: unknown): readonly ToolCall[] {
  const all = Array.isArray(items) ? items.map(fieldsOf) : [];
  return all.flatMap(({ type, call_id, name, arguments: json }) => {
    const call = { id: word(call_id), name: word(name), argumentsJson: word(json) };
    return type === 'function_call' && call.id && call.name ? [call] : [];
  });
}

function word(value: unknown): string {
  return textIn(value) ?? '';
}
