import { Wakeup } from '#src/base/loops/mailbox.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { NamedTrack } from '#src/playback/tracks/named-track.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import { isOwnTrack } from '#src/playback/tracks/track-name.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import { soundSourceErrorText, trackErrorText } from './sound-source-error-texts.ts';
import type { StoredSound, StoredTrack, TrackStore } from './track-store.ts';

/** Interval in ms at which tracks that change are stored: what a killed process can lose. */
const everyMs = 3_000;
const usualPercent = 100;

/** Stores the tracks of a session so that they outlive the process, and restores those of a former one. */
export class TrackPersistence {
  readonly #context: SessionContext;
  readonly #changes: Wakeup;
  readonly #store: TrackStore;
  /** Content of the store for this channel; undefined until that is restored: from then on memory is newer. */
  #written: string | undefined;

  /** `isPassedOn`: the tracks go on from another session. */
  constructor(context: SessionContext, store: TrackStore, isPassedOn: boolean) {
    this.#context = context;
    this.#changes = new Wakeup(context.parts.clock);
    this.#store = store;
    if (isPassedOn) this.#written = '';
  }

  /**
   * Lays what was kept for this channel, then writes what changes, and tells the channel of sounds that broke, until the
   * session is over. Never throws.
   */
  async run(): Promise<void> {
    const { channel, mix, parts, signal } = this.#context;
    using _tracks = mix.tracks.listen(({ error, item, track }) => {
      this.wake();
      if (error) this.#gone(track, item.title, trackErrorText(error));
    });
    signal.addEventListener('abort', () => this.wake());
    try {
      if (this.#written === undefined) await this.#restore(signal);
      for (;;) {
        await parts.clock.sleep(everyMs, signal);
        await this.#write(this.#kept());
        const isIdle = mix.tracks.all().every(({ now }) => !now);
        if (isIdle && !signal.aborted) await this.#changes.wait(Number.POSITIVE_INFINITY);
      }
    } catch (error) {
      if (!signal.aborted) parts.onEvent(channel.guildId, failureEventOf(error, 'speak'));
    }
  }

  /** To be called when something was changed or placed. */
  wake(): void {
    this.#changes.wake();
  }

  /** Last write: the tracks for the next process, or none. Never throws. */
  async close(how: 'keep' | 'forget'): Promise<void> {
    if (how === 'forget') await this.#write([]);
    else if (this.#written !== undefined) await this.#write(this.#kept());
  }

  /** Tracks with sounds that can be had again, and those of the bot itself where their volume is not the usual one. */
  #kept(): readonly StoredTrack[] {
    const { tracks } = this.#context.mix;
    const all = [...tracks.all(), ...Object.values(tracks.own)].map(stored);
    return all.filter(
      ({ name, percent, sounds }) =>
        sounds.length > 0 || (isOwnTrack(name) && percent !== usualPercent),
    );
  }

  async #write(tracks: readonly StoredTrack[]): Promise<void> {
    const { channel, parts } = this.#context;
    const { channelId, guildId } = channel;
    const written = JSON.stringify(tracks);
    if (written === this.#written) return;
    const done = await withStoreTimeout(guildId, parts, 'store.unwritable', async () => {
      await this.#store.write(guildId, channelId, tracks);
      return true;
    });
    if (done) this.#written = written;
  }

  async #restore(signal: AbortSignal): Promise<void> {
    const { channel, parts } = this.#context;
    const { channelId, guildId } = channel;
    const read = () => this.#store.read(guildId, channelId);
    const tracks = await withStoreTimeout(guildId, parts, 'store.unreadable', read);
    await Promise.all((tracks ?? []).map((track) => this.#restoreTrack(track, signal)));
    this.#written = tracks ? JSON.stringify(tracks) : '';
  }

  async #restoreTrack({ name, sounds, ...state }: StoredTrack, signal: AbortSignal): Promise<void> {
    const { tracks } = this.#context.mix;
    tracks.track(name)?.change(state);
    for (const sound of sounds) {
      await this.#restoreSound(name, sound, signal);
      tracks.track(name)?.change(state);
    }
  }

  /** Restores one sound; one that is gone is skipped, and the channel reads why. */
  async #restoreSound(
    track: string,
    { source: origin, title, positionMs: fromMs, loop: isLooping }: StoredSound,
    signal: AbortSignal,
  ): Promise<void> {
    const { mix, features } = this.#context;
    try {
      const again = features.ports.sounds.again(origin, title, signal);
      const source = await unlessAborted(again, signal);
      mix.tracks.enqueue(track, source, { origin, isLooping, fromMs });
    } catch (error) {
      signal.throwIfAborted();
      const reason = soundSourceErrorText(error);
      if (!reason) throw error;
      this.#gone(track, title, reason);
    }
  }

  #gone(track: string, title: string, { id, with: words }: TextLine): void {
    const { channel, notice, parts } = this.#context;
    const reason = text(id, words, parts.places.localeIn(channel.guildId));
    notice({ id: 'track.gone', with: { track, title, reason } });
  }
}

function stored({ name, state, items }: NamedTrack): StoredTrack {
  return { name, ...state, sounds: items.flatMap(storedSound) };
}

function storedSound(
  { isLooping: loop, origin, positionMs: atMs, source, title }: TrackItem,
  place: number,
): readonly StoredSound[] {
  if (!origin) return [];
  const positionMs = place === 0 && source.seekable ? Math.round(atMs) : 0;
  return [{ source: origin, title, positionMs, loop }];
}
