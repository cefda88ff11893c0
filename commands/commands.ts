import type { Command, CommandGroup, MessageCommand } from '#src/session/command.ts';
import { ask } from './ask.ts';
import { askAbout } from './ask-about.ts';
import { help } from './help.ts';
import { join } from './join.ts';
import { leave } from './leave.ts';
import { privacy } from './privacy/privacy.ts';
import { say } from './say.ts';
import { settings } from './settings/settings.ts';
import { stats } from './stats.ts';
import { stop } from './stop.ts';
import { track } from './track/track.ts';

/** Everything people can type, in the order of a first visit, and what stands in the menu of a message. */
export const commands: readonly (Command | CommandGroup | MessageCommand)[] = [
  join,
  leave,
  say,
  ask,
  stop,
  track,
  privacy,
  help,
  stats,
  settings,
  askAbout,
];
