import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { maxEndWaitMs, type PlayWaitOutcome } from '#src/base/play-end.ts';
import type { CommandOption, Reply } from '#src/features/command.ts';

/** Option of a command that replies once what it plays is over. */
export const waitOption: CommandOption = {
  name: 'wait',
  description: 'command.wait',
  kind: 'truth',
};

/** Longest time, in ms, of a command with that option. */
export const maxWaitMs = maxEndWaitMs + 30_000;

/** Tells how a sound or text ended, once it has. A sound has one such caller, so the places on tracks bound how many wait. */
export async function waitForEndReply(
  title: string,
  ended: Promise<PlayWaitOutcome>,
  clock: Clock,
): Promise<Reply> {
  const end = await withTimeout(ended, maxEndWaitMs, clock, Error).catch(() => 'late');
  return { id: 'track.ended', with: { title, end } };
}
