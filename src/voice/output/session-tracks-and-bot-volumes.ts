import type { Clock } from '#src/base/clock.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';

/** Volumes of the bot's own tracks, in percent. */
export type BotVolumes = { voice: number; cues: number };

/**
 * Sounds beside the speech of one session, and volumes of the bot's own tracks, over all its connections. A following session may
 * go on with both.
 */
export class SessionTracksAndBotVolumes {
  /** For the mixer. */
  readonly tracks: NamedTracks;
  /** Kept while links come and go. */
  readonly volumes: BotVolumes;
  #isPassedOn = false;

  /** `former`: mix of the session that this one goes on from. */
  constructor(clock: Clock, former: SessionTracksAndBotVolumes | undefined) {
    this.tracks = former?.tracks ?? new NamedTracks(clock);
    this.volumes = former?.volumes ?? { voice: 100, cues: 100 };
  }

  /** Pauses all tracks while no person is there to hear them. */
  attend(isAnybodyThere: boolean): void {
    this.tracks.pause(!isAnybodyThere);
  }

  /** Whether a track may be heard now. */
  get sounds(): boolean {
    if (this.tracks.isPaused) return false;
    const all = this.tracks.all();
    return all.some(
      ({ now, state }) => now && !state.isPaused && !state.isMuted && state.percent > 0,
    );
  }

  /** Another session goes on with what plays. */
  passOn(): void {
    this.#isPassedOn = true;
  }

  get isPassedOn(): boolean {
    return this.#isPassedOn;
  }

  /** Ends what plays, unless another session goes on with it. Called by the feature that plays, after its last write. */
  end(): void {
    if (!this.#isPassedOn) this.close();
  }

  /** Ends what plays, because the session could not begin or go on elsewhere. */
  close(): void {
    this.tracks.close();
  }
}
