import type { TextLine } from '#src/texts/texts.ts';
import type { SessionEvent } from './ports/events.ts';
import type { ChannelRef } from './ports/voice-link.ts';

/** Why a session ended. */
export type LeaveReason = Extract<SessionEvent, { kind: 'left' }>['why'];

/** Nobody sent it away: what plays is to go on when it is called back. */
export const keepsTracks: ReadonlySet<LeaveReason> = new Set([
  'stopped',
  'lost',
  'refused',
  'outdated',
]);

/** The bot is to return there. */
export const keepsSeat: ReadonlySet<LeaveReason> = new Set(['stopped', 'lost', 'refused']);

/** It does not come to that channel by itself before nobody was there. */
export const restsAfter: ReadonlySet<LeaveReason> = new Set([
  'sent-away',
  'forbidden',
  'lost',
  'refused',
]);

/** Nobody expects it back: what was said is summed up. */
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
