import type { Clock } from '#src/base/clock.ts';
import type { Flags } from './arguments.ts';
import type { Questions } from './questions.ts';
import type { SettingBook } from './setting-book.ts';

/** Parts that every step of the set-up has at hand. */
export type SetupScene = {
  readonly ask: Questions;
  readonly flags: Flags;
  readonly book: SettingBook;
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
};
