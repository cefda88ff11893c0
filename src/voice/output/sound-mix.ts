import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';

/** Sounds beside the speech of one session, over all its connections. */
export type SoundMix = {
  readonly tracks: NamedTracks;
  /** Another session goes on with it, and ends what plays. */
  isPassedOn: boolean;
};
