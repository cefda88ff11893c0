import { TrackVotePolls } from '#src/people/track-votes.ts';
import type { SessionContext } from '#src/session/context.ts';
import { failureOf } from '#src/session/failure.ts';
import type { TrackStore } from '#src/session/ports/stores/track-store.ts';
import { OwnedTracks } from './owned-tracks.ts';
import type { TrackCommand } from './perform-command.ts';
import { SoundChoices } from './sound-choices.ts';
import { TrackPersistence } from './track-persistence.ts';
import { TrackVolumes } from './track-volumes.ts';

/** All about the tracks of one session, from the call to the goodbye. */
export class SessionTracks {
  readonly owned: OwnedTracks;
  /** Of the bot's own tracks. */
  readonly volume: TrackVolumes;
  /** What people vote on. */
  readonly polls = new TrackVotePolls<TrackCommand>();
  /** Whom the bot has asked which sound they mean. */
  readonly choices = new SoundChoices();
  readonly #context: SessionContext;
  readonly #keeper: TrackPersistence;
  #keeping: Promise<void> = Promise.resolve();
  #isPassedOn = false;

  /** `former`: tracks of the session that this one goes on from. */
  constructor(context: SessionContext, store: TrackStore, former: SessionTracks | undefined) {
    this.#context = context;
    this.owned = former?.owned ?? new OwnedTracks(context.parts);
    this.volume = former?.volume ?? new TrackVolumes();
    this.#keeper = new TrackPersistence(context, store, this, former !== undefined);
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
    const { channel, parts } = this.#context;
    try {
      await this.#keeper.run(signal);
    } catch (error) {
      parts.onEvent(channel.guildId, failureOf(error, 'speak'));
    }
  }
}
