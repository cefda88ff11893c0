import type { Clock } from '#src/base/clock.ts';
import { estimateRecognitionMs } from './admit-job.ts';
import { CoreShare } from './core-share.ts';

/** Bounds how much is recognised on this machine in pauses, before it is known that the person is done. */
export interface EarlyRecognition {
  /** Whether the words of so much sound may be asked for now. */
  mayRecognise(soundMs: number): boolean;
  /** Counts words that are asked for before the utterance has ended. */
  onRecognise(soundMs: number): void;
  /** Notes a pause whose words are left for later. */
  onSkip(): void;
}

/**
 * Early recognition by local ears, which takes at most a quarter of a core in the long run. Beyond it the words come at the end of the
 * utterance: `onSkip` is called for each pause that is left out.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { BoundedRecognition } from '#src/speech/local/jobs/early-recognition.ts';
 *
 * const early = new BoundedRecognition(realClock, () => undefined);
 * early.mayRecognise(3_000); // true
 */
export class BoundedRecognition implements EarlyRecognition {
  readonly #share: CoreShare;
  readonly onSkip: () => void;

  constructor(clock: Pick<Clock, 'nowMs'>, onSkip: () => void) {
    this.#share = new CoreShare(clock, estimateRecognitionMs(3_000));
    this.onSkip = onSkip;
  }

  /** Whether the words of so much sound fit into the quarter of a core now. */
  mayRecognise(soundMs: number): boolean {
    return this.#share.hasRoom(estimateRecognitionMs(soundMs));
  }

  /** Counts words that are asked for before the utterance has ended. */
  onRecognise(soundMs: number): void {
    this.#share.take(estimateRecognitionMs(soundMs));
  }
}
