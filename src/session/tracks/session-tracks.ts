import { TrackVotePolls } from '#src/people/track-votes.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { failureOf } from '#src/session/failure.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { OwnedTracks } from './owned-tracks.ts';
import type { TrackCommand } from './perform-command.ts';
import { SoundChoices } from './sound-choices.ts';
import { TrackPersistence } from './track-persistence.ts';
import { TrackVolumes } from './track-volumes.ts';

export type SessionTracksOptions = {
  readonly channel: ChannelRef;
  readonly parts: SessionDependencies;
  /** Of the session this one goes on from. */
  readonly former: SessionTracks | undefined;
  /** Has the channel read something. */
  readonly notice: (line: TextLine) => void;
};

/** All about the tracks of one session, from the call to the goodbye. */
export class SessionTracks {
  readonly owned: OwnedTracks;
  /** Of the bot's own tracks. */
  readonly volume: TrackVolumes;
  /** What people vote on. */
  readonly polls = new TrackVotePolls<TrackCommand>();
  /** Whom the bot has asked which sound they mean. */
  readonly choices = new SoundChoices();
  readonly #options: SessionTracksOptions;
  readonly #keeper: TrackPersistence;
  #keeping: Promise<void> = Promise.resolve();
  #isPassedOn = false;

  constructor(options: SessionTracksOptions) {
    const { channel, former, notice, parts } = options;
    this.#options = options;
    this.owned = former?.owned ?? new OwnedTracks(parts);
    this.volume = former?.volume ?? new TrackVolumes();
    const { owned, volume } = this;
    this.#keeper = new TrackPersistence({
      channel,
      owned,
      volume,
      notice,
      parts,
      isPassedOn: former !== undefined,
    });
  }

  /** Brings back what a former process left, and keeps all for the next one until `signal` is aborted. */
  run(signal: AbortSignal): void {
    this.#keeping = this.#keep(signal);
  }

  /** Another session goes on with what plays. */
  passOn(): void {
    this.#isPassedOn = true;
  }

  /**
   * After the signal of `run` is aborted. What goes on elsewhere is kept there; else all that plays ends. Never throws.
   */
  async end(how: 'keep' | 'forget'): Promise<void> {
    await this.#keeping;
    await this.#keeper.close(this.#isPassedOn ? 'forget' : how);
    if (!this.#isPassedOn) this.owned[Symbol.dispose]();
  }

  /** Ends what plays, because the session could not begin or go on elsewhere. */
  drop(): void {
    this.owned[Symbol.dispose]();
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const { channel, parts } = this.#options;
    try {
      await this.#keeper.run(signal);
    } catch (error) {
      parts.onEvent(channel.guildId, failureOf(error, 'speak'));
    }
  }
}
