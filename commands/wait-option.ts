import type { Clock } from '#src/base/clock.ts';
import { longestEndWaitMs, type WaitEnd } from '#src/base/play-end.ts';
import { within } from '#src/base/waiting.ts';
import type { CommandOption, Reply } from '#src/features/command.ts';

/** Option of a command that replies once what it plays is over. */
export const waitOption: CommandOption = {
  name: 'wait',
  description: 'command.wait',
  kind: 'truth',
};

/** Longest time, in ms, of a command with that option. */
export const longestWithWaitMs = longestEndWaitMs + 30_000;

/** Tells how a sound or text ended, once it has. A sound has one such caller, so the places on tracks bound how many wait. */
export async function replyAtEnd(
  title: string,
  ended: Promise<WaitEnd>,
  clock: Clock,
): Promise<Reply> {
  const end = await within(ended, longestEndWaitMs, clock, Error).catch(() => 'late');
  return { id: 'track.ended', with: { title, end } };
}
