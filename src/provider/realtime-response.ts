import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { StreamDeadline, unlessAborted, within } from '#src/base/waiting.ts';
import { codeOf, serverName } from '#src/provider/models/error-phrases.ts';
import { type LinkOptions, type RealtimeLink, refusalOf } from './realtime-link.ts';
import type { ResponseEnd, ResponseEvent, TalkError } from './realtime-reading.ts';

export type ResponseLimits = {
  /** Longest wait from the request to the first event of its answer, in ms. */
  readonly firstMs: number;
  /** Longest wait between two events of an answer, in ms. */
  readonly idleMs: number;
  /** Longest time, in ms, for an answer to end after it was cancelled; then the connection is given up. */
  readonly cancelMs: number;
};

export type ResponseOptions = Pick<LinkOptions, 'baseUrl' | 'apiKey'> & {
  readonly link: Pick<RealtimeLink, 'hold' | 'send'>;
  /** Id of the event that asks for it. */
  readonly eventId: string;
  /** The response before it over this connection, of which something may still come. */
  readonly former?: string;
  readonly clock: Clock;
  readonly limits: ResponseLimits;
};

/** Longest unread sound, in ms, before the server is kept from sending more. */
const mostHereMs = 1000;
const bytesPerMs = 48;
/** Time in ms a request has to begin after an error that may be about it. */
const suspectMs = 2000;

/** One response of a server as it arrives: sound, words, calls, and its end. Read by one, and left by it at any time. */
export class RealtimeResponse {
  readonly #options: ResponseOptions;
  #id: string | undefined;
  readonly #events: ResponseEvent[] = [];
  /** Items whose words came in pieces: they need not come whole. */
  readonly #streamed = new Set<string>();
  #hereMs = 0;
  #isHeld = false;
  #isGiven = false;
  #hasLeft = false;
  #isCancelled = false;
  #suspicion: TalkError | undefined;
  #change = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<true>();
  #isOver = false;
  #error: BotError | undefined;

  constructor(options: ResponseOptions) {
    this.#options = options;
  }

  get id(): string | undefined {
    return this.#id;
  }

  isMine({ responseId }: { readonly responseId: string | undefined }): boolean {
    if (responseId !== undefined && responseId !== this.#options.former) this.#id ??= responseId;
    return responseId === undefined || responseId === this.#id;
  }

  /** Takes an event of this response. False for one that is no longer accepted. */
  handle(event: ResponseEvent): boolean {
    if (this.#hasLeft) this.cancel(); // its id was not known before
    if (event.kind !== 'done' && (this.#hasLeft || this.#isOver)) return false;
    if (event.kind === 'words') {
      if (event.isWhole && this.#streamed.has(event.itemId)) return false;
      this.#streamed.add(event.itemId);
    }
    if (event.kind === 'sound') this.#unread(event.bytes.length / bytesPerMs);
    if (event.kind !== 'began' && !this.#hasLeft) this.#events.push(event);
    if (event.kind === 'done') this.#end();
    this.#wake();
    return true;
  }

  object(error: TalkError): void {
    if (error.eventId === this.#options.eventId) this.refuse(error);
    else if (error.eventId === undefined && this.#id === undefined) this.#suspicion = error;
    this.#wake();
  }

  /** An event it depends on was refused. */
  refuse({ words, code }: TalkError): void {
    this.lose(refusalOf(words, code, this.#options));
  }

  lose(error: BotError): void {
    if (!this.#isOver) this.#error = error;
    this.#end();
  }

  /** Stops reading, and cancels the response once its id is known. */
  cancel(): void {
    this.#hasLeft = true;
    this.#events.length = 0;
    this.#hold(false);
    if (this.#isOver || this.#isCancelled || this.#id === undefined) return;
    this.#isCancelled = true;
    const { eventId, link } = this.#options;
    const event_id = `cancel_${eventId}`;
    link.send({ type: 'response.cancel', event_id, response_id: this.#id });
  }

  /** Cancels what still runs: resolves with whether the server is done with it. Never rejects. */
  async close(): Promise<boolean> {
    const { clock, limits } = this.#options;
    this.cancel();
    const late = () => new Error('it was not cancelled in time');
    return await within(this.#over.promise, limits.cancelMs, clock, late).catch(() => false);
  }

  /**
   * May be called once. The last event is `done`. Errors: BotError `provider.*`, after partial output. Aborting `signal` throws
   * `signal.reason`.
   */
  async *read(signal: AbortSignal): AsyncGenerator<ResponseEvent> {
    using deadline = new StreamDeadline(this.#options.clock);
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

  #end(): void {
    this.#isOver = true;
    this.#over.resolve(true);
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
    const { firstMs, idleMs } = this.#options.limits;
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
