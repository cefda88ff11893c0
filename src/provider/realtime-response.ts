import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { StreamDeadline, unlessAborted } from '#src/base/waiting.ts';
import { codeOf, serverName } from '#src/provider/models/error-phrases.ts';
import type { JsonSocket } from './json-socket.ts';
import { type LinkOptions, refusalOf } from './realtime-link.ts';
import {
  type ResponseEnd,
  type ResponseEvent,
  readTalk,
  type TalkError,
} from './realtime-reading.ts';

export type ResponseLimits = {
  /** Longest wait from the request to the first event of its answer, in ms. */
  readonly firstMs: number;
  /** Longest wait between two events of an answer, in ms. */
  readonly idleMs: number;
};

export type ResponseOptions = Pick<LinkOptions, 'baseUrl' | 'apiKey'> & {
  readonly link: Pick<JsonSocket, 'attach' | 'hold'>;
  /** Ids of the events that it depends on: the request for it, and others whose refusal ends it. */
  readonly eventIds: readonly string[];
  readonly clock?: Clock;
  readonly limits?: Partial<ResponseLimits>;
};

const usualLimits: ResponseLimits = { firstMs: 20_000, idleMs: 10_000 };
/** Longest unread sound, in ms, before the server is kept from sending more. */
const mostHereMs = 1000;
const bytesPerMs = 48;
/** Time in ms a request has to begin after an error that may be about it. */
const suspectMs = 2000;

/** One response of a server as it arrives: sound, words, calls, and its end. Who leaves it early closes its connection. */
export class RealtimeResponse {
  readonly #options: ResponseOptions;
  readonly #clock: Clock;
  #id: string | undefined;
  readonly #events: ResponseEvent[] = [];
  /** Items whose words came in pieces: they need not come whole. */
  readonly #streamed = new Set<string>();
  #hereMs = 0;
  #isHeld = false;
  #isGiven = false;
  #suspicion: TalkError | undefined;
  #change = Promise.withResolvers<void>();
  #error: BotError | undefined;

  /** Listens to the link at once. */
  constructor(options: ResponseOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    options.link.attach({
      hear: (json) => {
        const event = readTalk(json);
        if (event?.kind === 'error') this.#object(event);
        else if (event) this.#handle(event);
      },
      lost: (error) => this.#lose(error),
    });
  }

  /**
   * May be called once. The last event is `done`. Errors: BotError `provider.*`, after partial output. Aborting `signal` throws
   * `signal.reason`.
   */
  async *read(signal: AbortSignal): AsyncGenerator<ResponseEvent> {
    using deadline = new StreamDeadline(this.#clock);
    for (;;) {
      signal.throwIfAborted();
      const event = this.#events.shift();
      if (event) {
        this.#isGiven = true;
        if (event.kind === 'sound') this.#unread(-event.bytes.length / bytesPerMs);
        yield event;
        if (event.kind === 'done') return;
      } else if (this.#error) throw this.#error;
      else await this.#more(deadline, signal);
    }
  }

  /** Error of an end that is not the proper one. */
  errorOf({ status, words, code }: ResponseEnd): BotError | undefined {
    if (status === 'completed') return undefined;
    if (status === 'failed') return refusalOf(words ?? 'no reason given', code, this.#options);
    const statedCode = codeOf(words);
    const why = statedCode === undefined ? status : `${status}, ${statedCode}`;
    const message = `${serverName(this.#options.baseUrl)} ended its answer early (${why}).`;
    if (words === 'content_filter') return new BotError('provider.refused', false, message);
    return new BotError('provider.truncated', true, message);
  }

  /** Events without an id are of this response. What follows a refusal is none of it. */
  #handle(event: ResponseEvent): void {
    const { responseId = this.#id } = event;
    this.#id ??= responseId;
    if (responseId !== this.#id || this.#error) return;
    if (event.kind === 'words') {
      if (event.isWhole && this.#streamed.has(event.itemId)) return;
      this.#streamed.add(event.itemId);
    }
    if (event.kind === 'sound') this.#unread(event.bytes.length / bytesPerMs);
    if (event.kind !== 'began') this.#events.push(event);
    this.#wake();
  }

  #object(error: TalkError): void {
    const { eventId } = error;
    if (eventId !== undefined && this.#options.eventIds.includes(eventId))
      this.#lose(refusalOf(error.words, error.code, this.#options));
    else if (eventId === undefined && this.#id === undefined) this.#suspicion = error;
    this.#wake();
  }

  #lose(error: BotError): void {
    this.#error = error;
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

  async #more(deadline: StreamDeadline, signal: AbortSignal): Promise<void> {
    const { firstMs, idleMs } = { ...usualLimits, ...this.#options.limits };
    const usualMs = this.#isGiven ? idleMs : firstMs;
    const waitMs = this.#suspected ? suspectMs : usualMs;
    const changed = unlessAborted(this.#change.promise, signal);
    await deadline.within(changed, waitMs, () => this.#late());
  }

  get #suspected(): TalkError | undefined {
    return this.#id === undefined ? this.#suspicion : undefined;
  }

  #late(): BotError {
    const suspected = this.#suspected;
    if (suspected) return refusalOf(suspected.words, suspected.code, this.#options);
    const what = this.#isGiven ? 'stopped in the middle of its answer' : 'did not answer in time';
    return new BotError('provider.late', true, `${serverName(this.#options.baseUrl)} ${what}.`);
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
