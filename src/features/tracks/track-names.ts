import { toTrackKey } from '#src/playback/tracks/named-track.ts';

/** Track of a sound for which no track is named. */
export const defaultTrack = 'main';
/** Track of the board of sounds, beside music on other tracks. */
export const boardTrack = 'sounds';
/** Name that means every track with a sound. */
export const everyTrack = 'all';
/** Track of the bot's own speech. */
export const voiceTrack = 'voice';

/** Tests whether two names as typed mean the same track. */
export function isSameTrack(name: string, otherName: string): boolean {
  return toTrackKey(name) === toTrackKey(otherName);
}
