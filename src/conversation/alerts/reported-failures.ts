import type { FailureStage } from '#src/base/errors.ts';
import { AnswerDeadlineWatchdog } from './answer-deadline-watchdog.ts';
import { DecodingWatchdog } from './decoding-watchdog.ts';

/** A stage that fails, a key that is refused, or a language (BCP 47) that no voice speaks. */
type FailureKind = FailureStage | 'key' | `no voice ${'for' | 'to read'} ${string}`;

/** Failures that a channel has read of and that are not over: each is reported once, however many questions meet it. */
export class ReportedFailures {
  /** People whose sound arrives and cannot be decoded. */
  readonly decoding = new DecodingWatchdog();
  /** Whether the stages of answers keep their deadlines. */
  readonly answerDeadlines: AnswerDeadlineWatchdog;
  readonly #reported = new Set<FailureKind>();

  constructor(longestStandstillMs: number) {
    this.answerDeadlines = new AnswerDeadlineWatchdog(longestStandstillMs);
  }

  /** True the first time of each failure. */
  first(trouble: FailureKind): boolean {
    const isFirst = !this.#reported.has(trouble);
    this.#reported.add(trouble);
    return isFirst;
  }

  /** True where the channel has read of this failure and it is not over. */
  lasts(trouble: FailureKind): boolean {
    return this.#reported.has(trouble);
  }

  /** Forgets these failures, because they are over; the next one is reported again. */
  over(...troubles: readonly FailureKind[]): void {
    for (const trouble of troubles) this.#reported.delete(trouble);
  }
}
