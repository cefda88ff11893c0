/**
 * Ends of a sound or a text that people hear.
 *
 * `completed`: its last frame was handed to the link. `skipped`: it alone was skipped or taken out of the queue. `stopped`: its
 * track was stopped. `withdrawn`: a text was taken back. `interrupted`: somebody talked over it. `muted`: a moderator silenced
 * the bot. `left`: the bot is no longer in the channel. `lost`: the connection broke in the middle of a text. `failed`: it could
 * not be made or read, or there was no money for it.
 */
export const playEnds = [
  'completed',
  'skipped',
  'stopped',
  'withdrawn',
  'interrupted',
  'muted',
  'left',
  'lost',
  'failed',
] as const;

export type PlayEnd = (typeof playEnds)[number];

/** Longest wait, in ms, for an end, of commands and programs: Discord takes a reply for 15 minutes. */
export const longestEndWaitMs = 14 * 60_000;

/** End of a wait for a sound. `looping`: its track repeats a sound, so it may never end. `late`: it plays on. */
export type WaitEnd = PlayEnd | 'looping' | 'late';
