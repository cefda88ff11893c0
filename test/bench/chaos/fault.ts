import type { Company } from './company.ts';
import type { FaultShape } from './plan.ts';
import type { Stage } from './stage.ts';

/** Something that goes wrong on demand. */
export type Fault = FaultShape & {
  /** Nothing the bot says reaches anybody while it stands, which it cannot know: what is asked then is not owed. */
  readonly isMute?: boolean;
  /** It stands for so long at least. */
  readonly leastMs?: number;
  /** Resolves when it stands. */
  start(stage: Stage, company: Company): void | Promise<void>;
  /** Resolves when it is over. */
  stop?(stage: Stage, company: Company): void | Promise<void>;
  /** Why it cannot happen here; undefined: it can. */
  skipped?(stage: Stage): string | undefined;
};
