import { captions } from '#commands/captions/captions.ts';
import { privacy } from '#commands/privacy/privacy.ts';
import { settings } from '#commands/settings/settings.ts';
import { track } from '#commands/track/track.ts';
import { voice } from '#commands/voice/voice.ts';
import type { Command, CommandGroup, MessageCommand } from '#src/conversation/command.ts';
import { features } from '#src/features/features.ts';
import { ask } from './ask.ts';
import { askAbout } from './ask-about.ts';
import { help } from './help.ts';
import { join } from './join.ts';
import { leave } from './leave.ts';
import { readAloud } from './read-aloud.ts';
import { say } from './say.ts';
import { stats } from './stats.ts';
import { stop } from './stop.ts';

/** All slash commands, in the order of a first visit, those in folders of features after them, and the entries of the message menu. */
export const commands: readonly (Command | CommandGroup | MessageCommand)[] = [
  join,
  leave,
  say,
  ask,
  voice,
  stop,
  track,
  captions,
  privacy,
  help,
  stats,
  settings,
  ...features.flatMap((feature) => feature.commands ?? []),
  askAbout,
  readAloud,
];
