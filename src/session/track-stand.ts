import type { Line } from '#src/texts/texts.ts';
import { failureOf } from './failure.ts';
import type { ChannelRef } from './link.ts';
import type { SessionParts } from './parts.ts';
import { type Deed, TrackDeck } from './track-deck.ts';
import { TrackKeeper } from './track-keeper.ts';
import { TrackPolls } from './track-polls.ts';
import { Volume } from './volume.ts';

export type StandOptions = {
  readonly channel: ChannelRef;
  readonly parts: SessionParts;
  /** Of the stay this one goes on from. */
  readonly former: TrackStand | undefined;
  /** Has the room read something. */
  readonly notice: (line: Line) => void;
};

/** All about the tracks of one stay, from the call to the goodbye. */
export class TrackStand {
  readonly deck: TrackDeck;
  /** Of the bot's own tracks. */
  readonly volume: Volume;
  /** What people vote on. */
  readonly polls = new TrackPolls<Deed>();
  readonly #options: StandOptions;
  readonly #keeper: TrackKeeper;
  #keeping: Promise<void> = Promise.resolve();
  #isPassedOn = false;

  constructor(options: StandOptions) {
    const { channel, former, notice, parts } = options;
    this.#options = options;
    this.deck = former?.deck ?? new TrackDeck(parts);
    this.volume = former?.volume ?? new Volume();
    const { deck, volume } = this;
    this.#keeper = new TrackKeeper({
      ...{ channel, deck, volume, notice, parts },
      isPassedOn: former !== undefined,
    });
  }

  /** Brings back what a former process left, and keeps all for the next one until `signal` is aborted. */
  run(signal: AbortSignal): void {
    this.#keeping = this.#keep(signal);
  }

  /** Another stay goes on with what plays. */
  passOn(): void {
    this.#isPassedOn = true;
  }

  /**
   * After the signal of `run` is aborted. What goes on elsewhere is kept there; else all that plays ends. Never throws.
   */
  async end(how: 'keep' | 'forget'): Promise<void> {
    await this.#keeping;
    await this.#keeper.close(this.#isPassedOn ? 'forget' : how);
    if (!this.#isPassedOn) this.deck[Symbol.dispose]();
  }

  /** It was to begin, or to go on elsewhere, and could not: what plays ends. */
  drop(): void {
    this.deck[Symbol.dispose]();
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
