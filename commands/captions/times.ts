import { wallTimesIn } from '#src/captions/files/wall-time.ts';

/** Times of day in the zone of this machine, as files have them. */
export const times = wallTimesIn(Intl.DateTimeFormat().resolvedOptions().timeZone);
