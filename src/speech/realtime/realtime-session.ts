import type { AlertChange } from '#src/base/alerts.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { ifInTime } from '#src/base/waiting.ts';
import { JsonSocket, type OpenSocket, type SocketLimits } from '#src/provider/json-socket.ts';
import { codeOf, plainWords, serverName } from '#src/provider/models/error-phrases.ts';
import { type Dialect, type HeardEvent, readHeard, sessionUpdate } from './realtime-events.ts';

export type RealtimeOptions = {
  /** `http` and `ws` mean the same. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: Secret;
  /** BCP 47; left out, the server finds out by itself. */
  readonly language?: string;
  readonly clock?: Clock;
  readonly limits?: Partial<RealtimeLimits>;
  readonly openSocket?: OpenSocket;
  readonly alert?: (change: AlertChange) => void;
};

export type RealtimeLimits = SocketLimits & {
  /** Longest time from a pause to the words before it, in ms, including a new connection. */
  readonly settleMs: number;
};

export type TranscriptionEvent = HeardEvent | { readonly kind: 'lost'; readonly error: BotError };

type TranscriptionEventKind = TranscriptionEvent['kind'];
type TranscriptionRefusal = Pick<Extract<TranscriptionEvent, { kind: 'failed' }>, 'words' | 'code'>;

/** Name of the message with hints, by which a server refuses it. */
const hintsEventId = 'hints';
/** Servers differ in whether they greet and whether they confirm; one that does neither is believed. */
const greetingMs = 2000;
const clearMs = 1000;
/** One second of 24 kHz; far below the 15 MiB a server takes at once. */
const pieceSamples = 24_000;

/** One connection on which sound is transcribed, configured and ready. */
export class RealtimeSession {
  readonly #options: RealtimeOptions;
  readonly openedAtMs: number;
  #socket: JsonSocket | undefined;
  #listener: (event: TranscriptionEvent) => void = () => {};
  #dialect: Dialect = 'ga';
  /** Words that were told last. */
  #hints: readonly string[] = [];
  /** Called where the server does not take them; until it has, it may still refuse. */
  #hintsRefused: (() => void) | undefined;

  private constructor(options: RealtimeOptions) {
    this.#options = options;
    this.openedAtMs = this.#clock.nowMs();
  }

  /** Errors: BotError `provider.*`. Aborting `signal` throws `signal.reason`. */
  static async open(
    url: URL,
    options: RealtimeOptions,
    signal: AbortSignal,
  ): Promise<RealtimeSession> {
    const session = new RealtimeSession(options);
    try {
      await session.#begin(url, signal);
      return session;
    } catch (cause) {
      session.close();
      throw cause;
    }
  }

  get alive(): boolean {
    return this.#socket !== undefined;
  }

  /** One listener at a time; it must not throw. */
  attach(listener: (event: TranscriptionEvent) => void): void {
    this.#listener = listener;
  }

  /** Samples at 24 kHz mono. */
  append(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at += pieceSamples) {
      const { buffer, byteOffset, byteLength } = samples.subarray(at, at + pieceSamples);
      const audio = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
      this.#socket?.send({ type: 'input_audio_buffer.append', audio });
    }
  }

  /**
   * Makes the server expect these words from now on. `refused` is called where it does not accept them: the session is
   * unchanged, or is lost.
   */
  hint(hints: readonly string[], refused: () => void): void {
    if (hints.join('\n') === this.#hints.join('\n')) return;
    this.#hints = hints;
    this.#hintsRefused = refused;
    const { model, language } = this.#options;
    const update = sessionUpdate(this.#dialect, model, language, hints);
    this.#socket?.send({ ...update, event_id: hintsEventId });
  }

  commit(eventId: string): void {
    this.#socket?.send({ type: 'input_audio_buffer.commit', event_id: eventId });
  }

  /** Forgets sound that was not committed; false if the server does not confirm that. */
  async clear(signal: AbortSignal): Promise<boolean> {
    const cleared = this.#expect(['cleared', 'lost']);
    this.#socket?.send({ type: 'input_audio_buffer.clear' });
    return (await ifInTime(cleared, clearMs, this.#clock, signal))?.kind === 'cleared';
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Error from the server's message: kept apart from the sentence, for it may quote people's words. */
  refusal({ words, code }: TranscriptionRefusal): BotError {
    const { baseUrl, apiKey } = this.#options;
    const serverWords = plainWords(words, apiKey?.reveal(), 140);
    const statedCode = codeOf(code) ?? 'no code given';
    const message = `${serverName(baseUrl)} did not transcribe: ${statedCode}.`;
    return new BotError('provider.refused', false, message, undefined, undefined, { serverWords });
  }

  async #begin(url: URL, signal: AbortSignal): Promise<void> {
    const { model, language, limits = {} } = this.#options;
    const greeted = this.#expect(['created', 'failed', 'lost']);
    const own = { clock: this.#clock, limits };
    this.#socket = await JsonSocket.open(
      url,
      { ...this.#options, ...own },
      {
        event: (event) => {
          const heard = readHeard(event);
          if (heard && !this.#isAboutHints(heard)) this.#listener(heard);
        },
        lost: (error) => {
          this.#socket = undefined;
          this.#refuseHints();
          this.#listener({ kind: 'lost', error });
        },
      },
      signal,
    );
    const created = this.#judge(await ifInTime(greeted, greetingMs, this.#clock, signal));
    const updated = this.#expect(['updated', 'failed', 'lost']);
    if (created?.kind === 'created') this.#dialect = created.dialect;
    this.#socket?.send(sessionUpdate(this.#dialect, model, language));
    this.#judge(await ifInTime(updated, greetingMs, this.#clock, signal));
  }

  /** An error about hints, or in answer to them without an event id, concerns no other request. */
  #isAboutHints(event: HeardEvent): boolean {
    if (!this.#hintsRefused) return false;
    if (event.kind === 'updated') this.#hintsRefused = undefined;
    if (event.kind !== 'failed') return event.kind === 'updated';
    const { eventId, itemId } = event;
    const isRefusal = eventId === hintsEventId || (eventId === undefined && itemId === undefined);
    if (isRefusal) this.#refuseHints();
    return isRefusal;
  }

  #refuseHints(): void {
    this.#hintsRefused?.();
    this.#hintsRefused = undefined;
  }

  #judge(event: TranscriptionEvent | undefined): TranscriptionEvent | undefined {
    if (event?.kind === 'lost') throw event.error;
    if (event?.kind === 'failed') throw this.refusal(event);
    return event;
  }

  /** The next event of these kinds. */
  #expect(kinds: readonly TranscriptionEventKind[]): Promise<TranscriptionEvent> {
    const { promise, resolve } = Promise.withResolvers<TranscriptionEvent>();
    this.attach((event) => {
      if (kinds.includes(event.kind)) resolve(event);
    });
    return promise;
  }

  get #clock(): Clock {
    return this.#options.clock ?? realClock;
  }
}
