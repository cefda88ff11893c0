import { interactionTargets } from '#test/discord/fuzz-interactions.ts';
import { discordTargets } from '#test/discord/fuzz-targets.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { audioTargets } from './targets/audio.ts';
import { providerTargets } from './targets/providers.ts';
import { realtimeClassTargets } from './targets/realtime-classes.ts';
import { settingsTargets } from './targets/settings.ts';
import { textTargets } from './targets/text.ts';

/** Every parser of bytes and words from outside. */
export const targets: readonly FuzzTarget[] = [
  ...audioTargets,
  ...discordTargets,
  ...providerTargets,
  ...settingsTargets,
  ...textTargets,
];

/** Whole classes with sequences of what comes from outside: each case takes some ten times as long. */
export const classTargets: readonly FuzzTarget[] = [...realtimeClassTargets, ...interactionTargets];
