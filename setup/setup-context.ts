import type { Clock } from '#src/base/clock.ts';
import type { NearbyServer } from '#src/provider/nearby.ts';
import type { Flags } from './arguments.ts';
import type { Questions } from './questions.ts';
import type { SettingEdits } from './setting-edits.ts';
import type { Vendor } from './vendors.ts';

/** Parts that every step of the set-up has at hand. */
export type SetupContext = {
  readonly ask: Questions;
  readonly flags: Flags;
  readonly edits: SettingEdits;
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  /** Vendors that are offered by name. */
  readonly vendors: readonly Vendor[];
  /** Finds servers on this machine. */
  readonly nearby: () => Promise<readonly NearbyServer[]>;
};
