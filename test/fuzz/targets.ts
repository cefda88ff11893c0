import { discordTargets } from '#test/discord/fuzz-targets.ts';
import { audioTargets } from '#test/fuzz/targets/audio.ts';
import { dialectTargets } from '#test/fuzz/targets/dialects.ts';
import { nameTargets } from '#test/fuzz/targets/names.ts';
import { providerTargets } from '#test/fuzz/targets/providers.ts';
import { realtimeClassTargets } from '#test/fuzz/targets/realtime-classes.ts';
import { settingsTargets } from '#test/fuzz/targets/settings.ts';
import { textTargets } from '#test/fuzz/targets/text.ts';
import type { FuzzTarget } from './fuzz-target.ts';

/** Every parser of bytes and words from outside. */
export const targets: readonly FuzzTarget[] = [
  ...audioTargets,
  ...dialectTargets,
  ...discordTargets,
  ...nameTargets,
  ...providerTargets,
  ...settingsTargets,
  ...textTargets,
];

/** Whole classes with sequences of what comes from outside: each case takes some ten times as long. */
export const classTargets: readonly FuzzTarget[] = realtimeClassTargets;
