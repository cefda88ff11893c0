import { type Admitted, admit } from './admitted.ts';
import type { GuildId, PersonId } from './ids.ts';

/** Everything of a person in a server (`forgotten`), or what a no takes back there (`withdrawn`). */
export type PersonErasure = {
  readonly kind: 'forgotten' | 'withdrawn';
  readonly guildId: GuildId;
  readonly personId: PersonId;
};

/** Everything of a server that the bot has left. */
export type ServerErasure = { readonly kind: 'server'; readonly guildId: GuildId };

/** Some rows of a server, as its expired captions or one memory. */
export type PartErasure = {
  readonly kind: 'part';
  readonly guildId: GuildId;
  /** Tells this part from others of the server. */
  readonly part: string;
};

export type Erasure = PersonErasure | ServerErasure | PartErasure;

/** An erasure that runs alone. Stores erase for this type only. */
export type AdmittedErasure<Subject extends Erasure = Erasure> = Admitted<
  Subject,
  'erasure'
>;

type RunningErasure = { isAskedAgain: boolean; result: Promise<unknown> };

/**
 * Lets one erasure of the same subject run at a time. A request that comes meanwhile joins it: the erasure then runs once
 * more, for what was said in between, and all get its result.
 *
 * @example
 * import { toGuildId, toPersonId } from '#src/base/ids.ts';
 * import { Erasures } from '#src/base/erasures.ts';
 *
 * const erasures = new Erasures();
 * const ana = { kind: 'forgotten', guildId: toGuildId('1'), personId: toPersonId('2') } as const;
 * const erase = async (_erasure: unknown, formerCount = 0) => formerCount + 1;
 * await Promise.all([1, 2, 3].map(() => erasures.admitErasure(ana, erase))); // [2, 2, 2]
 */
export class Erasures {
  readonly #running = new Map<string, RunningErasure>();

  /**
   * Begins an erasure at once, or joins the one that runs. `erase` gets its former result when it runs again. Callers use
   * one type of result for each kind. Rejects as `erase` does.
   */
  admitErasure<Subject extends Erasure, Result>(
    subject: Subject,
    erase: (
      erasure: AdmittedErasure<Subject>,
      formerResult?: Result,
    ) => Promise<Result>,
  ): Promise<Result> {
    const key = JSON.stringify(subject);
    const running = this.#running.get(key);
    if (running) {
      running.isAskedAgain = true;
      return running.result as Promise<Result>;
    }
    const begun = {
      isAskedAgain: false,
      result: Promise.resolve() as Promise<unknown>,
    };
    this.#running.set(key, begun);
    const runUntilUnasked = async () => {
      try {
        let result = await erase(admit('erasure', subject));
        while (begun.isAskedAgain) {
          begun.isAskedAgain = false;
          result = await erase(admit('erasure', subject), result);
        }
        return result;
      } finally {
        this.#running.delete(key);
      }
    };
    const result = runUntilUnasked();
    begun.result = result;
    return result;
  }
}
