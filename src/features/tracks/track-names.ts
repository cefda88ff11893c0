import { toTrackKey } from '#src/playback/tracks/named-track.ts';

/** Track of a sound without a track. */
export const defaultTrack = 'main';
/** Means every track with a sound. */
export const everyTrack = 'all';
/** Track of the bot's own speech. */
export const voiceTrack = 'voice';

export function isSameTrack(one: string, other: string): boolean {
  return toTrackKey(one) === toTrackKey(other);
}
