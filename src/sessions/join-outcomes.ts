import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { JoinMode, JoinOutcome } from '#src/ports/command-ports.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** After these reasons the bot joins by itself only once the channel was empty. */
export const restingReasons: ReadonlySet<LeaveReason> = new Set([
  'sent-away',
  'forbidden',
  'lost',
  'refused',
]);

/** Finds the line of the panel after a session that ended for this reason. Undefined: the panel needs no such line. */
export function getLeftLine(reason: LeaveReason): TextLine | undefined {
  return reason === 'stopped' ? { id: 'seat.stopped' } : undefined;
}

/** Finds the line in the chat for people whom the bot leaves for this reason. Undefined: the bot says nothing. */
export function getFarewellLine(reason: LeaveReason): TextLine | undefined {
  if (reason === 'alone') return { id: 'leave.empty' };
  if (reason === 'refused') return { id: 'gave_up' };
  return reason === 'lost' ? { id: 'leave.broken' } : undefined;
}

/** Whether a failed join is tried again in `waitMs`, or is final. */
export type ReconnectDecision =
  | { readonly kind: 'again'; readonly waitMs: number }
  | { readonly kind: 'over'; readonly why: LeaveReason };

/** Converts the error of a failed join to its outcome. `restMs` is the time for which Discord allows no further try. */
export function toJoinOutcome(
  error: unknown,
  next: ReconnectDecision,
  restMs: number,
): JoinOutcome {
  if (!(error instanceof BotError)) return { kind: 'failed', code: 'bug' };
  if (next.kind === 'again')
    return { kind: getRetryKind(error), nextTryMs: roundToSeconds(next.waitMs) };
  switch (error.code) {
    case 'link.rate_limited':
      return { kind: 'barred', restMs: roundToSeconds(restMs) };
    case 'link.no_cipher':
    case 'link.no_end_to_end':
      return { kind: 'no-voice' };
    default:
      return { kind: next.why === 'sent-away' ? 'sent-away' : 'refused' };
  }
}

function getRetryKind({ code }: BotError) {
  if (code === 'link.timeout') return 'timeout';
  if (code === 'link.offline') return 'offline';
  return code === 'link.rate_limited' ? 'resting' : 'lost';
}

function roundToSeconds(ms: number) {
  return Math.max(1_000, Math.ceil(ms / 1_000) * 1_000);
}

/**
 * A call of the bot into a channel. `callerId` is `nobody` for an automatic join. `follows`: whether the bot follows
 * the caller from then on; absent leaves that as it was.
 */
export type JoinCall = {
  readonly callerId: PersonId;
  readonly mode?: JoinMode;
  readonly follows?: boolean;
  readonly isCalled?: boolean;
};

/** Gets the person that the bot follows after a call. Undefined: the bot follows nobody. */
export function getFollowedPerson(
  { callerId, follows }: Pick<JoinCall, 'callerId' | 'follows'>,
  followedBefore: PersonId | undefined,
): PersonId | undefined {
  if (follows === undefined) return followedBefore;
  // Anybody in the room may end it.
  return follows ? callerId : undefined;
}
