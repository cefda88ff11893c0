import type { Clock } from '#src/base/clock.ts';

/** Time as the synchronous parts of this folder need it, so that a test can step it. */
export type SyncTiming = Pick<Clock, 'nowMs' | 'later'>;
