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
  #waitedMs = 0;

  /** Nothing is opened before the first piece is asked for. */
  constructor(open: (signal: AbortSignal) => AsyncIterable<Uint8Array>, patience: ReadTimeouts) {
    this.#open = open;
    this.#patience = patience;
  }

  /** All pieces, for one reader. Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`. */
  async *all(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { clock, firstByteMs, idleMs, waitMs } = this.#patience;
    const pieces = this.#open(this.#over.signal)[Symbol.asyncIterator]();
    // Nobody waits for the end of the source, which may never come.
    const letGo = () => void pieces.return?.().catch(() => undefined);
    this.#over.signal.addEventListener('abort', letGo);
    for (let hasBegun = false; ; hasBegun = true) {
      const sinceMs = clock.nowMs();
      const leftMs = Math.max(0, waitMs - this.#waitedMs);
      const why = hasBegun ? 'its data stopped' : 'its data did not begin';
      const { value, done } = await within(
        unlessAborted(pieces.next(), signal),
        Math.min(hasBegun ? idleMs : firstByteMs, leftMs),
        clock,
        () => refusals.unreachable(why),
      );
      this.#waitedMs += clock.nowMs() - sinceMs;
      if (done) return;
      yield value;
    }
  }

  /** Reports sound that was decoded from its bytes, in ms. */
  earn(ms: number): void {
    this.#waitedMs = Math.max(0, this.#waitedMs - ms);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('Its reader has stopped.'));
  }
}
