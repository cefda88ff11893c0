import type { JoinMode } from '#src/ports/command-ports.ts';

/** Call that brings the bot into a channel; `callerId` is empty for one without a caller. */
export type JoinCall = {
  readonly callerId: string;
  readonly mode?: JoinMode | undefined;
  /** Whether the caller is to be followed; undefined: as before. */
  readonly follows?: boolean | undefined;
  /** True where the caller agrees by the call to be heard. */
  readonly isCalled?: boolean;
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
