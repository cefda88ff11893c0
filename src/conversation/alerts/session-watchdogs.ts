import type { AlertChange } from '#src/base/alerts.ts';
import type { FailureStage } from '#src/base/errors.ts';
import { DecodingWatchdog } from './decoding-watchdog.ts';

/** Watchdog of the stages of answers in one channel: raised by the first that misses its deadline, until an answer is whole. */
export class AnswerDeadlineWatchdog {
  /** Longest time, in ms, that an answer which has begun neither sounds nor grows. */
  readonly longestStandstillMs: number;
  #isRaised = false;

  constructor(longestStandstillMs: number) {
    this.longestStandstillMs = longestStandstillMs;
  }

  /** The alert, where it is news. */
  missed(stage: FailureStage, cause: string): AlertChange | undefined {
    if (this.#isRaised) return undefined;
    this.#isRaised = true;
    return { ...stageHanging, state: 'raised', cause: `${stage}: ${cause}` };
  }

  /** The end of the alert, where there was one. */
  succeeded(): AlertChange | undefined {
    if (!this.#isRaised) return undefined;
    this.#isRaised = false;
    return { ...stageHanging, state: 'cleared', cause: 'an answer was completed' };
  }
}

const stageHanging = { kind: 'alert', name: 'stage-hanging' } as const;

/** Watchdogs of one session, over all its connections. */
export class SessionWatchdogs {
  /** People whose sound arrives and cannot be decoded. */
  readonly decoding = new DecodingWatchdog();
  /** Whether the stages of answers keep their deadlines. */
  readonly answerDeadlines: AnswerDeadlineWatchdog;

  constructor(longestStandstillMs: number) {
    this.answerDeadlines = new AnswerDeadlineWatchdog(longestStandstillMs);
  }
}
