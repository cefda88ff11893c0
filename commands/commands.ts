import { captions } from '#commands/captions/captions.ts';
import { privacy } from '#commands/privacy/privacy.ts';
import { settings } from '#commands/settings/settings.ts';
import { track } from '#commands/track/track.ts';
import { voice } from '#commands/voice/voice.ts';
import type { Command, CommandGroup, MessageCommand } from '#src/features/command.ts';
import { features } from '#src/features/features.ts';
import { ask } from './ask.ts';
import { askAbout } from './ask-about.ts';
import { helpAbout } from './help.ts';
import { join } from './join.ts';
import { leave } from './leave.ts';
import { readAloud } from './read-aloud.ts';
import { say } from './say.ts';
import { stats } from './stats.ts';
import { stop } from './stop.ts';

/** Commands but `/help`, in the order of a first visit and of the lines of help. */
export const explained: readonly (Command | CommandGroup)[] = [
  join,
  leave,
  say,
  ask,
  voice,
  stop,
  track,
  captions,
  privacy,
  stats,
  settings,
];

export const help = helpAbout(explained, features);

/** All slash commands, and the entries of the message menu. */
export const commands: readonly (Command | CommandGroup | MessageCommand)[] = [
  ...explained,
  help,
  askAbout,
  readAloud,
];
