import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';

/** Sounds beside the speech of one session, and volumes of the bot's own tracks, over all its connections. */
export type SoundMix = {
  readonly tracks: NamedTracks;
  /** In percent. */
  readonly volumes: { voice: number; cues: number };
  /** Another session goes on with it, and ends what plays. */
  isPassedOn: boolean;
};
