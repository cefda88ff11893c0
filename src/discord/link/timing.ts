import { type Clock, realClock } from '#src/base/clock.ts';

/** Time as the synchronous parts of this room need it, so that a test can step it. */
export type SyncTiming = Pick<Clock, 'nowMs' | 'later'>;

export const realTiming: SyncTiming = realClock;
