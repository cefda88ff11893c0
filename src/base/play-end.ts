/**
 * How work ends. `completed` reached its own end, `interrupted` was stopped by a voice over it,
 * `cancelled` was stopped by anything else, and `failed` broke. Reasons have words of their own.
 */
export type WorkEnd = 'completed' | 'interrupted' | 'cancelled' | 'failed';

/**
 * Ends of a sound or text that people hear. `skipped` removes one sound, `stopped` all
 * of its track, `withdrawn` takes a text back, and `interrupted` means somebody talked
 * over it. `lost` means the connection broke, and `failed` includes missing money.
 * Programs read these words (docs/http.md).
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

/**
 * Discord accepts a reply to a command for 15 minutes:
 * https://docs.discord.com/developers/interactions/receiving-and-responding
 */
export const maxEndWaitMs: number = 14 * 60_000;

/** `looping` may never end. After `late` the sound plays on. */
export type PlayWaitOutcome = PlayEnd | 'looping' | 'late';

/**
 * `completed` went to the link, `failed` broke at its source, `empty` had no sound, and `cancelled`
 * was cut.
 */
export type ReplyFinish = Exclude<WorkEnd, 'interrupted'> | 'empty';
