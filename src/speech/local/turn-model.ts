import { getErrorMessage } from '#src/base/errors.ts';
import { getModelFolder } from './folders.ts';
import type { LocalModels } from './local-models.ts';

/** Predicts from the last sound of a person whether the turn is over. */
export interface TurnModel {
  /** Loads the model ahead of need. Never throws and never waits. */
  load(): void;
  /** Judges by samples at 16 kHz how probably a turn is over. Undefined after a failure. Never throws. */
  judge(samples: Int16Array, signal: AbortSignal): Promise<number | undefined>;
}

/**
 * Smart Turn in the model process. If it does not load, `onFailure` is called once with the reason, and it is not asked
 * again.
 *
 * @example
 * import type { LocalModels } from '#src/speech/local/local-models.ts';
 * import { SmartTurnModel } from '#src/speech/local/turn-model.ts';
 *
 * declare const person: { models: LocalModels; lastSound: Int16Array; signal: AbortSignal };
 * const turnModel = new SmartTurnModel(person.models, (reason) => console.log(reason));
 * const probability = await turnModel.judge(person.lastSound, person.signal);
 */
export class SmartTurnModel implements TurnModel {
  readonly #models: LocalModels;
  readonly #onFailure: (reason: string) => void;
  readonly #folder = getModelFolder('smart-turn-v3.2-merged-silence');
  /** Resolves to false after a failure. */
  #loading: Promise<boolean> | undefined;

  constructor(models: LocalModels, onFailure: (reason: string) => void) {
    this.#models = models;
    this.#onFailure = onFailure;
  }

  /** Loads the model ahead of need. Never throws and never waits. */
  load(): void {
    void this.#loadOnce();
  }

  /**
   * Judges by the last 8 s how probably the turn is over, from 0 to 1. Loads the model at need. Undefined after a
   * failure. Never throws.
   */
  async judge(samples: Int16Array, signal: AbortSignal): Promise<number | undefined> {
    try {
      if (!(await this.#loadOnce())) return undefined;
      const job = { samples };
      for await (const probability of this.#models.runJob(
        'end-of-turn',
        this.#folder,
        job,
        signal,
      ))
        return probability;
    } catch {
      // Words and silence decide without a prediction.
    }
    return undefined;
  }

  #loadOnce() {
    this.#loading ??= this.#models.loadModel('end-of-turn', this.#folder).then(
      () => true,
      (error: unknown) => {
        this.#onFailure(getErrorMessage(error));
        return false;
      },
    );
    return this.#loading;
  }
}
