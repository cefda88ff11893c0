import type { Clock } from '#src/base/clock.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import { refusals } from './refusals.ts';

/** Longest waits for bytes. */
export type ReadTimeouts = {
  readonly clock: Clock;
  readonly firstByteMs: number;
  readonly idleMs: number;
  /** Longest sum of all waits, in ms, beyond the sound that came of them: a server may send no faster than playback. */
  readonly waitMs: number;
};

/** Bytes from somewhere on, read no further than asked for, and not waited for longer than `patience` has. */
export class ThrottledRead implements Disposable {
  readonly #patience: ReadTimeouts;
  readonly #over = new AbortController();
  readonly #open: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  #pieces: AsyncIterator<Uint8Array> | undefined;
  #waitedMs = 0;
  #hasBegun = false;

  /** Nothing is opened before the first piece is asked for. */
  constructor(open: (signal: AbortSignal) => AsyncIterable<Uint8Array>, patience: ReadTimeouts) {
    this.#open = open;
    this.#patience = patience;
  }

  /** Undefined at the end. Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`. */
  async next(signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { clock } = this.#patience;
    this.#pieces ??= this.#open(this.#over.signal)[Symbol.asyncIterator]();
    const sinceMs = clock.nowMs();
    try {
      const piece = unlessAborted(this.#pieces.next(), signal);
      const { value, done } = await within(piece, this.#leftMs, clock, () => this.#late());
      this.#hasBegun = true;
      return done ? undefined : value;
    } finally {
      this.#waitedMs += clock.nowMs() - sinceMs;
    }
  }

  async *all(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let piece = await this.next(signal); piece; piece = await this.next(signal)) yield piece;
  }

  /** Reports sound that was decoded from its bytes, in ms. */
  earn(ms: number): void {
    this.#waitedMs = Math.max(0, this.#waitedMs - ms);
  }

  /** Does not wait for the end of the source, which may never come. */
  [Symbol.dispose](): void {
    this.#over.abort(new Error('Its reader has stopped.'));
    this.#pieces?.return?.().catch(() => undefined);
  }

  get #leftMs(): number {
    const { firstByteMs, idleMs, waitMs } = this.#patience;
    return Math.min(this.#hasBegun ? idleMs : firstByteMs, Math.max(0, waitMs - this.#waitedMs));
  }

  #late(): Error {
    return refusals.unreachable(this.#hasBegun ? 'its data stopped' : 'its data did not begin');
  }
}
