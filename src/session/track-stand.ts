import type { Line } from '#src/texts/texts.ts';
import { failureOf } from './failure.ts';
import type { ChannelRef } from './link.ts';
import type { SessionParts } from './parts.ts';
import { type Deed, TrackDeck } from './track-deck.ts';
import { TrackKeeper } from './track-keeper.ts';
import { TrackPolls } from './track-polls.ts';

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
    const { deck } = this;
    this.#keeper = new TrackKeeper({
      channel,
      deck,
      isPassedOn: former !== undefined,
      notice,
      parts,
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

  /** After the signal of `run` is aborted. Unless it goes on elsewhere, all that plays ends. Never throws. */
  async end(how: 'keep' | 'forget'): Promise<void> {
    await this.#keeping;
    if (!this.#isPassedOn) await this.drop(how);
  }

  /** The same, also where it was to go on and could not. */
  async drop(how: 'keep' | 'forget' = 'forget'): Promise<void> {
    await this.#keeper.close(how);
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
