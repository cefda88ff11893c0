import type { Clock } from '#src/base/clock.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import { endedProcess } from './decoding-process.ts';

/** Processes that a person's files may end within `countedMs`; then none of theirs is decoded for `refusedMs`. */
const limits = { crashes: 2, countedMs: 10 * 60_000, refusedMs: 60_000 } as const;
/** People who are remembered; one more drops who was noted first. */
const mostPeople = 1_000;

/** Decoding processes that were ended by files, by the people who sent them. */
export class DecoderCrashes {
  readonly #clock: Clock;
  /** When, the newest last. */
  readonly #atMs = new Map<string, readonly number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws BotError `source.blocked` for somebody whose files ended too many processes of late. */
  check(personId: string): void {
    const crashes = this.#recent(personId);
    const last = crashes.at(-1) ?? Number.NEGATIVE_INFINITY;
    const isRefused = this.#clock.nowMs() - last < limits.refusedMs;
    if (crashes.length >= limits.crashes && isRefused) throw refusals.blocked();
  }

  /** What a file of this person failed with. */
  note(personId: string, error: unknown): void {
    if (!endedProcess(error)) return;
    const crashes = [...this.#recent(personId), this.#clock.nowMs()];
    this.#atMs.delete(personId);
    this.#atMs.set(personId, crashes.slice(-limits.crashes));
    const [oldest] = this.#atMs.keys();
    if (this.#atMs.size > mostPeople && oldest !== undefined) this.#atMs.delete(oldest);
  }

  #recent(personId: string): readonly number[] {
    const fromMs = this.#clock.nowMs() - limits.countedMs;
    return (this.#atMs.get(personId) ?? []).filter((atMs) => atMs > fromMs);
  }
}
