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
 * Opens Smart Turn in the model process. If it does not load, `onFailure` is called once with the reason, and it is
 * not asked again.
 *
 * @example
 * import type { LocalModels } from '#src/speech/local/local-models.ts';
 * import { openTurnModel } from '#src/speech/local/turn-model.ts';
 *
 * declare const person: { models: LocalModels; lastSound: Int16Array; signal: AbortSignal };
 * const turnModel = openTurnModel(person.models, (why) => console.log(why));
 * const probability = await turnModel.judge(person.lastSound, person.signal);
 */
export function openTurnModel(
  models: LocalModels,
  onFailure: (why: string) => void,
): TurnModel {
  const folder = getModelFolder('smart-turn-v3.2-merged-silence');
  let loading: Promise<boolean> | undefined;
  const load = () => {
    loading ??= models.load('end-of-turn', folder).then(
      () => true,
      (error: unknown) => {
        onFailure(getErrorMessage(error));
        return false;
      },
    );
    return loading;
  };
  return {
    load: () => void load(),
    async judge(samples, signal) {
      try {
        if (!(await load())) return undefined;
        for await (const p of models.run('end-of-turn', folder, { samples }, signal))
          return p;
      } catch {
        // Words and silence decide without a prediction.
      }
      return undefined;
    },
  };
}
