import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

/** Name of the error that an effect with a bug throws. */
const simulatedBugName = 'SimulatedBug';

/** The error of an effect with a bug. Of an unknown error people are told the name alone. */
class SimulatedBugError extends Error {
  override readonly name = simulatedBugName;
}

/** A bug in an effect of the next step, once one is planned. */
export class SimulatedBug {
  #isDue = false;

  /** An effect of the next step has a bug. */
  plan(): void {
    this.#isDue = true;
  }

  /** No effect has a bug. */
  mend(): void {
    this.#isDue = false;
  }

  /** The effects of a step, with one that has a bug before them. Later `check` is told whether those after it were performed. */
  breakEffects(
    effects: readonly ConversationEffect[],
    check: (arePerformed: boolean) => void,
  ): readonly ConversationEffect[] {
    if (!this.#isDue || effects.length === 0) return effects;
    this.#isDue = false;
    let arePerformed = false;
    void Promise.resolve().then(() => check(arePerformed));
    const broken = makeEffect(() => {
      throw new SimulatedBugError();
    });
    const last = makeEffect(() => {
      arePerformed = true;
    });
    return [broken, ...effects, last];
  }
}

/** An effect that does `perform` as it is looked at first, and cancels a request that does not exist. */
function makeEffect(perform: () => void): ConversationEffect {
  let isNew = true;
  return {
    get do() {
      const wasNew = isNew;
      isNew = false;
      if (wasNew) perform();
      return 'cancel-recognition' as const;
    },
    utterance: -1,
  };
}

/** Whether a failure is none of the product's own bugs. */
export function isExpectedFailure({
  code,
  message,
}: Extract<SessionEvent, { kind: 'failed' }>): boolean {
  return code !== 'bug' || message.includes(simulatedBugName);
}
