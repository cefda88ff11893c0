import type { SessionEvent } from './ports/events.ts';

/** Why a session ended. */
export type LeaveReason = Extract<SessionEvent, { kind: 'left' }>['why'];

/** Nobody sent it away: what plays is to go on when it is called back. */
export const keepsTracks: ReadonlySet<LeaveReason> = new Set(['stopped', 'lost', 'refused']);

/** Nobody expects it back: what was said is summed up. */
export const isOverForGood: ReadonlySet<LeaveReason> = new Set(['asked', 'alone']);
