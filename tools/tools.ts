import type { ToolEntry } from '#src/session/ports/tool.ts';
import { cancelReminder } from './cancel-reminder.ts';
import { changeTrack } from './change-track.ts';
import { findInCaptions } from './find-in-captions.ts';
import { forgetMemory } from './forget-memory.ts';
import { leave } from './leave.ts';
import { listReminders } from './list-reminders.ts';
import { playSound } from './play-sound.ts';
import { postText } from './post-text.ts';
import { remember } from './remember.ts';
import { setReminder } from './set-reminder.ts';
import { time } from './time.ts';
import { whoIsHere } from './who-is-here.ts';

/** All tools that a model may call while it answers. */
export const tools: readonly ToolEntry[] = [
  time,
  whoIsHere,
  leave,
  postText,
  playSound,
  changeTrack,
  remember,
  forgetMemory,
  findInCaptions,
  setReminder,
  listReminders,
  cancelReminder,
];
