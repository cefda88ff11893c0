import { isQuestion } from './duplicate-questions.ts';
import type { QueuedQuestion, QueuedReading, QueuedTurn } from './queued-turn.ts';

/** Turns that wait, in the order in which they get the floor, and a signal for the reader that waits for the first one. */
export class WaitingTurns {
  #matters: readonly QueuedTurn[] = [];
  #change = Promise.withResolvers<void>();
  readonly #onChange: () => void;

  /** `onChange` is called after each change of what waits. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get matters(): readonly QueuedTurn[] {
    return this.#matters;
  }

  get questions(): readonly QueuedQuestion[] {
    return this.#matters.filter(isQuestion);
  }

  put(turn: QueuedTurn, place = this.#matters.length): void {
    this.#matters = this.#matters.toSpliced(place, 0, turn);
    this.wake();
    this.#onChange();
  }

  /** First to finish is first answered, also where the words of the second were there sooner. */
  putQuestion(question: QueuedQuestion): void {
    const later = this.#matters.findIndex(
      (one) => isQuestion(one) && one.endedAtMs > question.endedAtMs,
    );
    this.put(question, later < 0 ? this.#matters.length : later);
  }

  /** `now` goes before all that waits, but behind what came with `now` before it. Returns its place, the first is 0. */
  putReading(reading: QueuedReading): number {
    const urgent = this.#matters.findLastIndex(
      (one) => one.kind === 'reading' && one.when === 'now',
    );
    const place = reading.when === 'now' ? 1 + urgent : this.#matters.length;
    this.put(reading, place);
    return place;
  }

  remove(which: (one: QueuedTurn) => boolean): readonly QueuedTurn[] {
    const removed = this.#matters.filter(which);
    this.#matters = this.#matters.filter((one) => !which(one));
    if (removed.length > 0) this.#onChange();
    return removed;
  }

  wake(): void {
    this.#change.resolve();
  }

  /** Waits until a turn was put, or the signal was given otherwise, since the last time. */
  async changed(): Promise<void> {
    await this.#change.promise;
    this.#change = Promise.withResolvers();
  }
}
