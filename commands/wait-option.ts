import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { maxEndWaitMs, type PlayWaitOutcome } from '#src/base/play-end.ts';
import type { CommandOption, Reply } from '#src/features/command.ts';

/** An option whose caller gets the reply at the end of the sound. */
export const waitOption: CommandOption = {
  name: 'wait',
  description: 'command.wait',
  kind: 'boolean',
};

/** A caller that waits for the end of a sound is answered by then. */
export const maxWaitMs: number = maxEndWaitMs + 30_000;

/** Waits until a sound has ended, and replies with the reason. */
export async function waitForEndReply(
  title: string,
  ended: Promise<PlayWaitOutcome>,
  clock: Clock,
): Promise<Reply> {
  // Each sound has one such caller, so the queues bound the waiting calls.
  const end = await withTimeout(ended, maxEndWaitMs, clock, Error).catch(() => 'late');
  return { id: 'track.ended', with: { title, end } };
}
