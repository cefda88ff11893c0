import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { StreamDeadline, unlessAborted } from '#src/base/waiting.ts';
import type { AudioChatPart } from '#src/chat/completions/audio-chat-ports.ts';
import type { ToolCall } from '#src/chat/ports.ts';
import { codeOf, serverName } from '#src/provider/models/error-phrases.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import { refusalOf } from '#src/provider/realtime-link.ts';
import type { ResponseEnd, ResponseEvent, TalkEvent } from '#src/provider/realtime-reading.ts';
import type { RealtimeTalkLimits, RealtimeTalkOptions, TalkAnswer } from './realtime-ports.ts';

export type ResponseOptions = Pick<RealtimeTalkOptions, 'baseUrl' | 'apiKey'> & {
  readonly by: ServedBy;
  readonly answer: TalkAnswer;
  /** The request limits its output: there the answer is over. */
  readonly isLimited: boolean;
  readonly eventId: string;
  /** The one before it, of which something may still come. */
  readonly former: string | undefined;
  readonly clock: Clock;
  readonly limits: Pick<RealtimeTalkLimits, 'firstMs' | 'idleMs'>;
  /** Keeps the server from sending, or lets it. */
  readonly hold: (on: boolean) => void;
};

/** Longest unread sound, in ms, before the server is kept from sending more. */
const mostHereMs = 1000;
const bytesPerMs = 48;
/** Time in ms a request has to begin after an error that may be about it. */
const suspectMs = 2000;

/** One answer of the server as it arrives. Read by one, and left by it at any time. */
export class RealtimeResponse {
  readonly #options: ResponseOptions;
  #id: string | undefined;
  readonly #parts: AudioChatPart[] = [];
  readonly #calls = new Map<string, ToolCall>();
  /** Words that came in pieces need not come whole. */
  readonly #streamed = new Set<string>();
  #hereMs = 0;
  #isHeld = false;
  #isGiven = false;
  #hasLeft = false;
  /** Whether the cancellation was sent. */
  isCancelled = false;
  #suspicion: Extract<TalkEvent, { kind: 'error' }> | undefined;
  #change = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  #ended: { readonly error?: BotError } | undefined;

  constructor(options: ResponseOptions) {
    this.#options = options;
  }

  get id(): string | undefined {
    return this.#id;
  }

  get answer(): TalkAnswer {
    return this.#options.answer;
  }

  /** Its reader has stopped. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** Resolves when nothing of it will come any more. Never rejects. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  isMine({ responseId }: { readonly responseId: string | undefined }): boolean {
    if (responseId !== undefined && responseId !== this.#options.former) this.#id ??= responseId;
    return responseId === undefined || responseId === this.#id;
  }

  /** False for events that are no longer accepted. */
  handle(event: ResponseEvent): boolean {
    if (event.kind !== 'done' && (this.#hasLeft || this.#ended)) return false;
    if (event.kind === 'words' && event.isWhole && this.#streamed.has(event.itemId)) return false;
    this.#add(event);
    this.#wake();
    return true;
  }

  object(error: Extract<TalkEvent, { kind: 'error' }>): void {
    if (error.eventId === this.#options.eventId) this.refuse(error);
    else if (error.eventId === undefined && this.#id === undefined) this.#suspicion = error;
    this.#wake();
  }

  /** An event it depends on was refused. */
  refuse({ words, code }: Extract<TalkEvent, { kind: 'error' }>): void {
    this.#end({ error: refusalOf(words, code, this.#options) });
  }

  lose(error: BotError): void {
    this.#end({ error });
  }

  /** Stops reading. */
  leave(): void {
    this.#hasLeft = true;
    this.#parts.length = 0;
    this.#hold(false);
  }

  /** May be called once. Errors: BotError `provider.*`, after partial output. Aborting `signal` throws `signal.reason`. */
  async *read(signal: AbortSignal): AsyncGenerator<AudioChatPart> {
    using deadline = new StreamDeadline(this.#options.clock);
    for (;;) {
      signal.throwIfAborted();
      const part = this.#parts.shift();
      if (part) {
        this.#taken(part);
        yield part;
      } else if (this.#ended) {
        if (this.#ended.error) throw this.#ended.error;
        return;
      } else await this.#more(deadline, signal);
    }
  }

  #add(event: ResponseEvent): void {
    switch (event.kind) {
      case 'sound':
        this.#parts.push({ kind: 'sound', bytes: event.bytes });
        this.#hereMs += event.bytes.length / bytesPerMs;
        if (this.#hereMs > mostHereMs) this.#hold(true);
        return;
      case 'words':
        this.#write(event);
        return;
      case 'output':
      case 'call':
        if (event.call) this.#call(event.itemId, event.call);
        return;
      case 'done':
        this.#finish(event.end);
        return;
      case 'began':
        return;
    }
  }

  #write({ itemId, text, isSpoken }: Extract<TalkEvent, { kind: 'words' }>): void {
    this.#streamed.add(itemId);
    if (text !== '') this.#parts.push({ kind: isSpoken ? 'transcript' : 'text', text });
  }

  /** Reads a call, which servers report in several events, each incomplete on some servers. */
  #call(itemId: string, { id, name, argumentsJson }: ToolCall): void {
    const known = this.#calls.get(itemId);
    this.#calls.set(itemId, {
      id: known?.id || id,
      name: known?.name || name,
      argumentsJson: argumentsJson || (known?.argumentsJson ?? ''),
    });
  }

  /** Only names tools: an interrupted answer has finished calls, too. */
  #finish({ status, words, code, usage, calls }: ResponseEnd): void {
    if (usage) this.#parts.push({ kind: 'usage', usage: { ...usage, by: this.#options.by } });
    const isFull = this.#options.isLimited && codeOf(words) === 'max_output_tokens';
    if (status !== 'completed' && !isFull) {
      this.#end({ error: this.#brokenOff(status, words, code) });
      return;
    }
    const whole = calls.filter(({ id, name }) => id !== '' && name !== '');
    const named = [...this.#calls.values()].filter(({ id, name }) => id !== '' && name !== '');
    for (const call of whole.length > 0 ? whole : named) this.#parts.push({ kind: 'tool', call });
    this.#end({});
  }

  #brokenOff(status: string, words: string | undefined, code: string | undefined): BotError {
    if (status === 'failed') return refusalOf(words ?? 'no reason given', code, this.#options);
    const statedCode = codeOf(words);
    const why = statedCode === undefined ? status : `${status}, ${statedCode}`;
    const message = `${serverName(this.#options.baseUrl)} ended its answer early (${why}).`;
    return new BotError('provider.truncated', true, message);
  }

  #end(ended: { readonly error?: BotError }): void {
    this.#ended ??= ended;
    this.#over.resolve();
    this.#wake();
  }

  #taken(part: AudioChatPart): void {
    this.#isGiven = true;
    if (part.kind !== 'sound') return;
    this.#hereMs -= part.bytes.length / bytesPerMs;
    if (this.#hereMs < mostHereMs / 2) this.#hold(false);
  }

  #hold(on: boolean): void {
    if (this.#isHeld === on) return;
    this.#isHeld = on;
    this.#options.hold(on);
  }

  async #more(deadline: StreamDeadline, signal: AbortSignal): Promise<void> {
    const { firstMs, idleMs } = this.#options.limits;
    const waitMs = this.#suspicion && !this.#id ? suspectMs : this.#isGiven ? idleMs : firstMs;
    const changed = unlessAborted(this.#change.promise, signal);
    await deadline.within(changed, waitMs, () => this.#late());
  }

  #late(): BotError {
    const { baseUrl } = this.#options;
    if (this.#suspicion && !this.#id) {
      return refusalOf(this.#suspicion.words, this.#suspicion.code, this.#options);
    }
    const what = this.#isGiven ? 'stopped in the middle of its answer' : 'did not answer in time';
    return new BotError('provider.late', true, `${serverName(baseUrl)} ${what}.`);
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
