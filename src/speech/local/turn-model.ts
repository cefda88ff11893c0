import { listenRateHz } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import { admitError, type LoggedText } from '#src/base/logged-text.ts';
import { getModelFolder } from './folders.ts';
import { admitJob, estimateJudgementMs, judgedMs } from './jobs/admit-job.ts';
import { CoreShare } from './jobs/core-share.ts';
import type { LocalModels } from './local-models.ts';

/** The last sound of a person, at 16 kHz, and the server in which they spoke. */
export type JudgedSound = {
  readonly samples: Int16Array;
  readonly guildId: GuildId;
};

/** Predicts from the last sound of a person whether the turn is over. */
export interface TurnModel {
  /** Loads the model ahead of need. Never throws and never waits. */
  load(): void;
  /** Judges by a logit whether a turn is over: 0 is undecided. Undefined after a failure. Never throws. */
  judge(sound: JudgedSound, signal: AbortSignal): Promise<number | undefined>;
}

const samplesPerMs = listenRateHz / 1_000;

/**
 * Smart Turn in the model process. If it does not load, `onFailure` is called once with the reason, and it is not asked
 * again.
 *
 * @example
 * import type { LocalModels } from '#src/speech/local/local-models.ts';
 * import { type JudgedSound, SmartTurnModel } from '#src/speech/local/turn-model.ts';
 *
 * declare const person: { models: LocalModels; lastSound: JudgedSound; signal: AbortSignal };
 * const turnModel = new SmartTurnModel(person.models, (reason) => console.log(reason));
 * const logit = await turnModel.judge(person.lastSound, person.signal);
 */
export class SmartTurnModel implements TurnModel {
  readonly #models: LocalModels;
  readonly #onFailure: (reason: LoggedText) => void;
  readonly #folder = getModelFolder('smart-turn-v3.2-merged-silence');
  /** Resolves to false after a failure. */
  #loading: Promise<boolean> | undefined;

  constructor(models: LocalModels, onFailure: (reason: LoggedText) => void) {
    this.#models = models;
    this.#onFailure = onFailure;
  }

  /** Loads the model ahead of need. Never throws and never waits. */
  load(): void {
    void this.#loadOnce();
  }

  /**
   * Judges by the last 8 s whether the turn is over, as a logit: 0 is undecided. Loads the model at need. Undefined after
   * a failure. Never throws.
   */
  async judge(
    { guildId, samples }: JudgedSound,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    try {
      if (!(await this.#loadOnce())) return undefined;
      const job = admitJob({
        kind: 'end-of-turn',
        folder: this.#folder,
        work: { samples: samples.subarray(-judgedMs * samplesPerMs) },
        guildId,
        urgency: 'turn',
      });
      return await this.#models.runJob(job, signal);
    } catch {
      // Words and silence decide without a prediction.
      return undefined;
    }
  }

  #loadOnce() {
    this.#loading ??= this.#models.loadModel('end-of-turn', this.#folder).then(
      () => true,
      (error: unknown) => {
        this.#onFailure(admitError(error));
        return false;
      },
    );
    return this.#loading;
  }
}

/**
 * A turn model that takes at most a quarter of a core in the long run. Beyond it words and silence decide: `onSkip` is called for each
 * pause that is not judged.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { BoundedTurnModel, type TurnModel } from '#src/speech/local/turn-model.ts';
 *
 * declare const smartTurn: TurnModel;
 * const turnModel = new BoundedTurnModel(smartTurn, realClock, () => console.log('not judged'));
 */
export class BoundedTurnModel implements TurnModel {
  readonly #model: TurnModel;
  readonly #share: CoreShare;
  readonly #onSkip: () => void;

  constructor(model: TurnModel, clock: Pick<Clock, 'nowMs'>, onSkip: () => void) {
    this.#model = model;
    this.#share = new CoreShare(clock, estimateJudgementMs(3_000));
    this.#onSkip = onSkip;
  }

  /** Loads the model ahead of need. Never throws and never waits. */
  load(): void {
    this.#model.load();
  }

  /** Judges as the model does. Undefined also where judgements take more than a quarter of a core. Never throws. */
  async judge(sound: JudgedSound, signal: AbortSignal): Promise<number | undefined> {
    const threadMs = estimateJudgementMs(sound.samples.length / samplesPerMs);
    if (!this.#share.hasRoom(threadMs)) {
      this.#onSkip();
      return undefined;
    }
    this.#share.take(threadMs);
    return await this.#model.judge(sound, signal);
  }
}
