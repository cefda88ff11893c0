import type { SessionEvent } from '#src/ports/session-events.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Why a session ended. */
export type LeaveReason = Extract<SessionEvent, { kind: 'left' }>['why'];

/** Reasons after which the bot returns to its seat. */
export const keepsSeat: ReadonlySet<LeaveReason> = new Set(['stopped', 'lost', 'refused']);

/** Reasons after which the bot does not join that channel uncalled before it was empty. */
export const restsAfter: ReadonlySet<LeaveReason> = new Set([
  'sent-away',
  'forbidden',
  'lost',
  'refused',
]);

/** Reasons after which the bot does not come back by itself: a recap is posted. */
export const isOverForGood: ReadonlySet<LeaveReason> = new Set(['asked', 'alone']);

/** Line of the panel about an ended session, where people are to know more than that. */
export function leftLine(why: LeaveReason, { name: channel }: ChannelRef): TextLine | undefined {
  if (why === 'stopped') return { id: 'seat.stopped' };
  return why === 'outdated' ? { id: 'seat.outdated', with: { channel } } : undefined;
}

/** Line that is written where a session ended by itself. */
export function farewellLine(why: LeaveReason): TextLine | undefined {
  if (why === 'alone') return { id: 'leave.empty' };
  if (why === 'refused') return { id: 'gave_up' };
  return why === 'lost' ? { id: 'leave.broken' } : undefined;
}
