import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { StreamDeadline, unlessAborted } from '#src/base/waiting.ts';
import { codeOf, serverName } from '#src/provider/models/error-phrases.ts';
import { type LinkOptions, refusalOf } from '#src/provider/realtime-link.ts';
import type { ResponseEnd, ResponseEvent } from '#src/provider/realtime-reading.ts';
import type { ServerUsage } from '#src/speech/ports.ts';
import type { SentenceRequest } from './realtime-speech-request.ts';

export type UtteranceLimits = {
  /** Longest wait from the request to its first sound, in ms. */
  readonly firstMs: number;
  /** Longest wait between two events after it, in ms. */
  readonly idleMs: number;
  /** Longest unread sound, in ms, while other utterances must go on; then it ends. */
  readonly mostHereMs: number;
};

type UtteranceOptions = Pick<LinkOptions, 'baseUrl' | 'apiKey'> & {
  readonly tag: string;
  readonly asked: SentenceRequest;
  readonly clock: Clock;
  readonly limits: UtteranceLimits;
  /** Unread sound has become less. */
  readonly taken: () => void;
};

type Complaint = { readonly words: string; readonly code: string | undefined };
type SpeechEnd = { readonly error?: BotError; readonly isLost?: true };

/** Bytes per ms of 24 kHz, mono, 16 bit. */
const bytesPerMs = 48;
/** Time in ms a request has to begin after an error that may be about it. */
const suspectMs = 2000;
/** Limit of text, more than for any sound of ours. */
const mostTranscriptChars = 20_000;

/** One text and its sound as it arrives. Read by one, and left by it at any time. */
export class RealtimeUtterance {
  readonly #options: UtteranceOptions;
  responseId: string | undefined;
  /** The server was asked; it waits for another one otherwise. */
  isSent = false;
  /** The response has been cancelled on the server. */
  isCancelled = false;
  #bytes: Buffer[] = [];
  #hereMs = 0;
  #hasSounded = false;
  #isGiven = false;
  #hasLeft = false;
  #transcript = '';
  #wholeTranscript: string | undefined;
  #suspicion: Complaint | undefined;
  #ended: SpeechEnd | undefined;
  #count: ServerUsage | undefined;
  #change = Promise.withResolvers<void>();
  readonly #departed = Promise.withResolvers<void>();

  constructor(options: UtteranceOptions) {
    this.#options = options;
  }

  get tag(): string {
    return this.#options.tag;
  }

  get asked(): SentenceRequest {
    return this.#options.asked;
  }

  /** Sound that came and was not taken. */
  get hereMs(): number {
    return this.#hereMs;
  }

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Words spoken, as far as the server tells. */
  get transcript(): string {
    return (this.#wholeTranscript ?? this.#transcript).trim();
  }

  /** Usage, if the server reported it. */
  get count(): ServerUsage | undefined {
    return this.#count;
  }

  /** The connection broke before any of its sound was read. */
  get wasLostUnheard(): boolean {
    return this.#ended?.isLost === true && !this.#isGiven;
  }

  /** Whether no more sound is accepted. */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** Resolves when the server is done with it. Never rejects. */
  get departed(): Promise<void> {
    return this.#departed.promise;
  }

  handle(event: ResponseEvent): void {
    if (event.kind === 'done') this.#finish(event.end);
    if (this.#hasLeft || this.#ended) return;
    if (event.kind === 'words') this.#write(event);
    if (event.kind === 'sound') this.#lay(event.bytes);
    this.#wake();
  }

  /** An error that names this request. */
  refuse({ words, code }: Complaint): void {
    this.#end({ error: refusalOf(words, code, this.#options) });
  }

  /** An error that names no response. */
  suspect(complaint: Complaint): void {
    this.#suspicion = complaint;
    this.#wake();
  }

  /** The server is done with it. */
  depart(): void {
    this.#departed.resolve();
  }

  lose(error: BotError): void {
    this.#end({ error, isLost: true });
  }

  /** Stops reading. */
  leave(): void {
    this.#hasLeft = true;
    this.#drop();
    this.#wake();
  }

  /** May be called once. Errors: BotError `provider.*`, after partial output. Aborting `signal` throws `signal.reason`. */
  async *read(signal: AbortSignal): AsyncGenerator<Buffer> {
    using deadline = new StreamDeadline(this.#options.clock);
    for (;;) {
      signal.throwIfAborted();
      if (this.wasLostUnheard && this.#ended?.error) throw this.#ended.error;
      const bytes = this.#bytes.shift();
      if (bytes) {
        this.#isGiven = true;
        this.#hereMs -= bytes.length / bytesPerMs;
        this.#options.taken();
        yield bytes;
      } else if (this.#ended) {
        if (this.#ended.error) throw this.#ended.error;
        return;
      } else await this.#more(deadline, signal);
    }
  }

  #lay(bytes: Buffer): void {
    this.#hasSounded ||= bytes.length > 0;
    this.#bytes.push(bytes);
    this.#hereMs += bytes.length / bytesPerMs;
    const { limits, baseUrl } = this.#options;
    if (this.#hereMs <= limits.mostHereMs) return;
    const much = `${limits.mostHereMs / 1000} s of speech`;
    const message = `${serverName(baseUrl)} sent ${much} that was not read.`;
    this.#end({ error: new BotError('provider.truncated', true, message) });
    if (!this.#isGiven) this.#drop(); // it can be asked for once more
  }

  #drop(): void {
    this.#bytes = [];
    this.#hereMs = 0;
  }

  #write({ text, isWhole }: Extract<ResponseEvent, { kind: 'words' }>): void {
    const kept = text.slice(0, mostTranscriptChars - this.#transcript.length);
    if (isWhole) this.#wholeTranscript = text.slice(0, mostTranscriptChars);
    else this.#transcript += kept;
  }

  #finish(end: ResponseEnd): void {
    if (end.usage) this.#count = { kind: 'tokens', ...end.usage };
    const error = this.#errorOf(end);
    this.#end(error ? { error } : {});
  }

  #errorOf({ status, words, code }: ResponseEnd): BotError | undefined {
    const server = serverName(this.#options.baseUrl);
    if (status === 'failed') {
      return refusalOf(words ?? 'no reason given', code, this.#options);
    }
    if (status === 'completed') {
      const message = `${server} sent no sound: check that the model can speak, and the voice.`;
      return this.#hasSounded ? undefined : new BotError('provider.empty', true, message);
    }
    const statedCode = codeOf(words);
    const why = statedCode === undefined ? status : `${status}, ${statedCode}`;
    const message = `${server} ended its speech early (${why}).`;
    if (words === 'content_filter') return new BotError('provider.refused', false, message);
    return new BotError('provider.truncated', true, message);
  }

  #end(ended: SpeechEnd): void {
    this.#ended ??= ended;
    this.#wake();
  }

  async #more(deadline: StreamDeadline, signal: AbortSignal): Promise<void> {
    const changed = unlessAborted(this.#change.promise, signal);
    await deadline.within(changed, this.#patienceMs(), () => this.#late());
  }

  /** Longest wait, in ms, for the next event; an utterance that is not sent yet waits for the one before it, too. */
  #patienceMs(): number {
    const { firstMs, idleMs } = this.#options.limits;
    if (!this.isSent) return 3 * firstMs;
    if (this.#suspicion && this.responseId === undefined) return suspectMs;
    return this.#hasSounded ? idleMs : firstMs;
  }

  #late(): BotError {
    if (this.#suspicion && this.responseId === undefined) {
      return refusalOf(this.#suspicion.words, this.#suspicion.code, this.#options);
    }
    const what = this.#hasSounded ? 'stopped in the middle of its speech' : 'did not speak in time';
    return new BotError('provider.late', true, `${serverName(this.#options.baseUrl)} ${what}.`);
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
