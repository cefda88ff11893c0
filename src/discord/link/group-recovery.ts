/** A row of failures this long is no change of keys: those cost 5 to 24 packets. */
const leastFailures = 25;
const leastMs = 1_000;
/** No person hears another while a group is made anew, so it is not done more often. */
const resetEveryMs = 30_000;

type Failing = { readonly sinceMs: number; count: number };

/**
 * Decides when to reset the end-to-end group, by the outcome of each person's frames.
 *
 * Only for a person whose frame could be opened since the last reset: a sender of frames that cannot be opened could keep
 * all people silent.
 */
export class GroupRecovery {
  readonly #reset: () => void;
  readonly #opened = new Set<string>();
  readonly #failing = new Map<string, Failing>();
  #resetAtMs = Number.NEGATIVE_INFINITY;

  /** `reset` throws the group away and asks for another. */
  constructor(reset: () => void) {
    this.#reset = reset;
  }

  /** A frame of this person could be opened; silence frames are never sealed and prove nothing. */
  opened(speakerId: string): void {
    this.#opened.add(speakerId);
    this.#failing.delete(speakerId);
  }

  /** A frame of this person could not be opened by a settled group. Returns whether the group was reset for that. */
  failed(speakerId: string, atMs: number): boolean {
    const failing = this.#failing.get(speakerId) ?? { sinceMs: atMs, count: 0 };
    this.#failing.set(speakerId, failing);
    failing.count++;
    if (failing.count < leastFailures || atMs - failing.sinceMs < leastMs) return false;
    if (!this.#opened.has(speakerId) || atMs - this.#resetAtMs < resetEveryMs) return false;
    this.#resetAtMs = atMs;
    this.#opened.clear();
    this.#failing.clear();
    this.#reset();
    return true;
  }

  /** A new voice server: the outcome of all frames is open again. */
  restart(): void {
    this.#opened.clear();
    this.#failing.clear();
  }
}
