import { queueRules } from '#src/turn/queue-rules.ts';
import type { QueuedQuestion, QueuedReading, QueuedTurn } from './queued-turn.ts';
import { isQuestion } from './queued-turn.ts';

/** A turn of which something was heard, and when it was over. */
export type HeardTurn = { readonly turn: QueuedTurn; readonly atMs: number };

/** Turns that wait, in the order in which they become current, and a signal for the reader that waits for the first one. */
export class WaitingTurns {
  #turns: readonly QueuedTurn[] = [];
  #change = Promise.withResolvers<void>();
  readonly #onChange: () => void;

  /** `onChange` is called after each change of what waits. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get turns(): readonly QueuedTurn[] {
    return this.#turns;
  }

  get questions(): readonly QueuedQuestion[] {
    return this.#turns.filter(isQuestion);
  }

  /** Behind all that waits but texts that let everything pass. */
  put(turn: QueuedTurn, place = this.#end): void {
    this.#turns = this.#turns.toSpliced(place, 0, turn);
    this.wake();
    this.#onChange();
  }

  /** Before all that waits; a text that lets everything pass before the others of its kind. */
  putFirst(turn: QueuedTurn): void {
    this.put(turn, letsPass(turn) ? this.#end : 0);
  }

  /** First to finish is first answered, also where the words of the second were there sooner. */
  putQuestion(question: QueuedQuestion): void {
    const later = this.#turns.findIndex(
      (one) => isQuestion(one) && one.endedAtMs > question.endedAtMs,
    );
    this.put(question, later < 0 ? this.#end : later);
  }

  /** `now` goes before all that waits, but behind what came with `now` before it. Returns its place, the first is 0. */
  putReading(reading: QueuedReading): number {
    const urgent = this.#turns.findLastIndex((one) => one.kind === 'reading' && one.when === 'now');
    const places = { now: 1 + urgent, queue: this.#end, behind: this.#turns.length };
    const place = places[reading.when];
    this.put(reading, place);
    return place;
  }

  /** Number of texts that wait where one more of its kind may not. */
  limitFor({ owner, when }: QueuedReading): number | undefined {
    const readings = this.#turns.filter((one) => one.kind === 'reading');
    const lines = readings.filter(letsPass);
    const { mostLines, mostLinesEach, mostReadings } = queueRules;
    if (when !== 'behind')
      return readings.length - lines.length >= mostReadings ? mostReadings : undefined;
    const own = lines.filter((one) => one.owner?.id === owner?.id);
    if (own.length >= mostLinesEach) return mostLinesEach;
    return lines.length >= mostLines ? mostLines : undefined;
  }

  remove(which: (one: QueuedTurn) => boolean): readonly QueuedTurn[] {
    const removed = this.#turns.filter(which);
    this.#turns = this.#turns.filter((one) => !which(one));
    if (removed.length > 0) this.#onChange();
    return removed;
  }

  wake(): void {
    this.#change.resolve();
  }

  get #end(): number {
    const first = this.#turns.findIndex(letsPass);
    return first < 0 ? this.#turns.length : first;
  }

  /** Waits until a turn was put, or the signal was given otherwise, since the last time. */
  async changed(): Promise<void> {
    await this.#change.promise;
    this.#change = Promise.withResolvers();
  }
}

/** Whether it is said after all else. */
export function letsPass(turn: QueuedTurn): turn is QueuedReading {
  return turn.kind === 'reading' && turn.when === 'behind';
}
