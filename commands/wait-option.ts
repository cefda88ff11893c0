import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { maxEndWaitMs, type PlayWaitOutcome } from '#src/base/play-end.ts';
import type { CommandOption, Reply } from '#src/features/command.ts';

export const waitOption: CommandOption = {
  name: 'wait',
  description: 'command.wait',
  kind: 'boolean',
};

export const maxWaitMs = maxEndWaitMs + 30_000;

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
