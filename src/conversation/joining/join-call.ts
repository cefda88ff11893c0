import type { JoinMode } from '#src/conversation/ports/command-ports.ts';

/** A `/join` in its turn. */
export type JoinCall = {
  readonly callerId: string;
  readonly mode?: JoinMode;
  /** Whether the caller is to be followed; undefined: as before. */
  readonly follows?: boolean;
};

/** Person who is followed after a call; a call that says nothing of it changes nothing. */
export function followedAfter(
  { callerId, follows }: Pick<JoinCall, 'callerId' | 'follows'>,
  before: string | undefined,
): string | undefined {
  if (follows === undefined) return before;
  if (follows) return callerId;
  return before === callerId ? undefined : before;
}
