import { trackKey } from '#src/playback/tracks/track-name.ts';

/** Where a sound goes that was given no track. */
export const defaultTrack = 'main';
/** In place of a name: every track that holds something. */
export const everyTrack = 'all';
/** The one of what the bot says itself. */
export const voiceTrack = 'voice';

/** Whether both name one track: case does not count. */
export function isSameTrack(one: string, other: string): boolean {
  return trackKey(one) === trackKey(other);
}
