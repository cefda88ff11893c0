import { privacy } from '#commands/privacy/privacy.ts';
import type { Command, CommandGroup, MessageCommand } from '#src/features/command.ts';
import { features } from '#src/features/features.ts';
import { ask, askAbout } from './ask.ts';
import { captions } from './captions/captions-command.ts';
import { createHelpCommand } from './help.ts';
import { interpret } from './interpret.ts';
import { join } from './join.ts';
import { leave } from './leave.ts';
import { readAloud } from './read-aloud.ts';
import { say } from './say.ts';
import { settings } from './settings/settings-command.ts';
import { stats } from './stats.ts';
import { stop } from './stop.ts';
import { sounds } from './track/sounds.ts';
import { track } from './track/track-command.ts';
import { voice } from './voice/voice-command.ts';

/** In the order of a first visit, which is the order of `/help`. */
export const explainedCommands: readonly (Command | CommandGroup)[] = [
  join,
  leave,
  say,
  ask,
  voice,
  stop,
  track,
  sounds,
  captions,
  interpret,
  privacy,
  stats,
  settings,
];

/** `/help`, which explains all commands and features. */
export const helpCommand: Command = createHelpCommand(explainedCommands, features);

/** All commands, as they are registered at Discord. */
export const commands: readonly (Command | CommandGroup | MessageCommand)[] = [
  ...explainedCommands,
  helpCommand,
  askAbout,
  readAloud,
];
