import type { ChaosSetup } from '#bench/chaos/chaos-setup.ts';
import type { ChaosPeople } from '#bench/chaos/people/chaos-people.ts';
import type { FaultShape } from '#bench/chaos/plan.ts';

/** Something that goes wrong on demand. */
export type ChaosFault = FaultShape & {
  /** Nothing the bot says reaches anybody while it stands, which it cannot know: what is asked then is not owed. */
  readonly isMute?: boolean;
  /** It stands for so long at least. */
  readonly leastMs?: number;
  /** Resolves when it stands. */
  start(setup: ChaosSetup, crowd: ChaosPeople): void | Promise<void>;
  /** Resolves when it is over. */
  stop?(setup: ChaosSetup, crowd: ChaosPeople): void | Promise<void>;
  /** Why it cannot happen here; undefined: it can. */
  skipped?(setup: ChaosSetup): string | undefined;
};
