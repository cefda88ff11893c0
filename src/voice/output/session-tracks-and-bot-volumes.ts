import type { Clock } from '#src/base/clock.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';

/** Own tracks of the bot whose volume can be changed. */
type TrackName = 'voice' | 'cues';

/**
 * Sounds beside the speech of one session, and volumes of the bot's own tracks, over all its connections. A following session may
 * go on with both.
 */
export class SessionTracksAndBotVolumes {
  /** For the mixer. */
  readonly tracks: NamedTracks;
  readonly volume: BotTrackVolumes;
  #isPassedOn = false;

  /** `former`: mix of the session that this one goes on from. */
  constructor(clock: Clock, former: SessionTracksAndBotVolumes | undefined) {
    this.tracks = former?.tracks ?? new NamedTracks(clock);
    this.volume = former?.volume ?? new BotTrackVolumes();
  }

  /** Pauses all tracks while no person is there to hear them. */
  attend(isAnybodyThere: boolean): void {
    this.tracks.pause(!isAnybodyThere);
  }

  /** Whether a track may be heard now. */
  get sounds(): boolean {
    if (this.tracks.isPaused) return false;
    const all = this.tracks.all();
    return all.some((one) => one.now && !one.isPaused && !one.isMuted && one.percent > 0);
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

/** Volumes of the bot's own tracks, in percent of the source; kept while links come and go. */
class BotTrackVolumes {
  readonly #percents = new Map<TrackName, number>();
  readonly #listeners = new Set<(track: TrackName, percent: number) => void>();

  of(track: TrackName): number {
    return this.#percents.get(track) ?? 100;
  }

  set(track: TrackName, percent: number): void {
    this.#percents.set(track, percent);
    for (const listener of this.#listeners) listener(track, percent);
  }

  /** Called at once with every volume that was set, and with each change until it is disposed of. */
  listen(listener: (track: TrackName, percent: number) => void): Disposable {
    this.#listeners.add(listener);
    for (const [track, percent] of this.#percents) listener(track, percent);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
