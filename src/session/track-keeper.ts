import { type Line, text } from '#src/texts/texts.ts';
import { inStore } from './book.ts';
import type { ChannelRef } from './link.ts';
import type { SessionParts } from './parts.ts';
import type { KeptSound, KeptTrack } from './track-book.ts';
import type { Broken, TrackDeck } from './track-deck.ts';
import { reasonOf } from './track-shelf.ts';

/** Of a process that is killed, what happened on tracks is forgotten for so long at most. */
const everyMs = 3_000;

type Parts = Pick<SessionParts, 'clock' | 'onEvent' | 'places' | 'sounds' | 'trackBook'>;

export type KeeperOptions = {
  readonly channel: ChannelRef;
  readonly deck: TrackDeck;
  readonly parts: Parts;
  /** Goes on from another stay, with its tracks. */
  readonly isPassedOn: boolean;
  /** Tells the room what is not played any more. */
  readonly notice: (line: Line) => void;
};

/** Sees to it that the tracks of a stay outlive the process, and brings back those of a former one. */
export class TrackKeeper {
  readonly #options: KeeperOptions;
  /** What the book holds, as far as it is known. */
  #written: string | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    options.deck.onBroken((broken) => this.#broke(broken));
  }

  /** Lays what was kept for this channel, then writes what changes. Never throws; returns when `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.parts;
    try {
      if (!this.#options.isPassedOn) await this.#restore(signal);
      for (;;) {
        await clock.sleep(everyMs, signal);
        await this.#write(this.#options.deck.kept);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** The last word: for the next process, or for nobody. Never throws. */
  async close(how: 'keep' | 'forget'): Promise<void> {
    await this.#write(how === 'keep' ? this.#options.deck.kept : []);
  }

  async #write(tracks: readonly KeptTrack[]): Promise<void> {
    const { channel, parts } = this.#options;
    const { channelId, guildId } = channel;
    const written = JSON.stringify(tracks);
    if (written === this.#written) return;
    const done = await inStore(guildId, parts, 'store.unwritable', async () => {
      await parts.trackBook.write(guildId, channelId, tracks);
      return true;
    });
    if (done) this.#written = written;
  }

  async #restore(signal: AbortSignal): Promise<void> {
    const { channel, parts } = this.#options;
    const { channelId, guildId } = channel;
    const read = () => parts.trackBook.read(guildId, channelId);
    const tracks = await inStore(guildId, parts, 'store.unreadable', read);
    await Promise.all((tracks ?? []).map((track) => this.#restoreTrack(track, signal)));
  }

  async #restoreTrack(track: KeptTrack, signal: AbortSignal): Promise<void> {
    const { deck } = this.#options;
    for (const sound of track.sounds) {
      await this.#restoreSound(track, sound, signal);
      if (track.isPaused) deck.perform({ kind: 'pause', track: track.name });
      deck.perform({ kind: 'volume', track: track.name, percent: track.percent });
    }
  }

  /** One that is gone is skipped, and the room is told why. */
  async #restoreSound(
    { name: track }: KeptTrack,
    { source: origin, title, owner, positionMs: fromMs, loop }: KeptSound,
    signal: AbortSignal,
  ): Promise<void> {
    const { deck, parts } = this.#options;
    try {
      const source = await parts.sounds.again(origin, title, signal);
      signal.throwIfAborted();
      deck.lay(track, source, { origin, owner }, { loop, next: false, fromMs });
    } catch (error) {
      signal.throwIfAborted();
      const reason = reasonOf(error);
      if (!reason) throw error;
      this.#gone(track, title, reason);
    }
  }

  #broke({ track, title, ended }: Broken): void {
    const error = 'error' in ended ? ended.error : undefined;
    const usual = ended.reason === 'empty' ? 'track.bad.not_audio' : 'track.bad.unreachable';
    this.#gone(track, title, reasonOf(error) ?? { id: usual });
  }

  #gone(track: string, title: string, { id, with: words }: Line): void {
    const { channel, notice, parts } = this.#options;
    const reason = text(id, words, parts.places.localeIn(channel.guildId));
    notice({ id: 'track.gone', with: { track, title, reason } });
  }
}
