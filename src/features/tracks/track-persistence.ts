import { Wakeup } from '#src/base/loops/wakeup.ts';
import type { Public } from '#src/base/public.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import { soundSourceErrorText } from '#src/conversation/alerts/sound-source-error-texts.ts';
import { withStoreTimeout } from '#src/conversation/alerts/store-timeout.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import { SoundCatalog } from './sound-catalog.ts';
import { isOwnTrack, ownTracks } from './track-names.ts';
import type { StoredSound, StoredTrack, TrackStore } from './track-store.ts';
import type { TracksAndSoundOwners } from './tracks-and-sound-owners.ts';

/** Interval in ms at which tracks that change are stored: what a killed process can lose. */
const everyMs = 3_000;
const usualPercent = 100;

/** Stores the tracks of a session so that they outlive the process, and restores those of a former one. */
export class TrackPersistence {
  readonly #context: SessionContext;
  readonly #store: Public<TrackStore>;
  readonly #owned: TracksAndSoundOwners;
  /** Content of the store for this channel, as far as it is known. */
  #written: string | undefined;
  /** True once the tracks of a former process are restored: from then on memory is newer than the store. */
  #isLaid: boolean;
  /** Who was forgotten while sounds of a former process are laid: their names were read before. */
  #forgotten: Set<string> | undefined;

  /** `isPassedOn`: the tracks go on from another session. */
  constructor(
    context: SessionContext,
    store: Public<TrackStore>,
    owned: TracksAndSoundOwners,
    isPassedOn: boolean,
  ) {
    this.#context = context;
    this.#store = store;
    this.#owned = owned;
    this.#isLaid = isPassedOn;
    owned.onBroken(({ track, title, fault }) => this.#gone(track, title, fault));
    owned.onDisowned((personId) => this.#forgotten?.add(personId));
  }

  /** Lays what was kept for this channel, then writes what changes. Throws only what is a bug, also when aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { mix, parts } = this.#context;
    const changes = new Wakeup(parts.clock);
    const wake = () => changes.wake();
    using _tracks = mix.tracks.listen(wake);
    using _volume = mix.volume.listen(wake);
    signal.addEventListener('abort', wake);
    try {
      if (!this.#isLaid) await this.#restore(signal);
      this.#forgotten = undefined;
      this.#isLaid = true;
      for (;;) {
        await parts.clock.sleep(everyMs, signal);
        await this.#write(this.#kept());
        while (this.#isStored() && !signal.aborted) await changes.wait(Number.POSITIVE_INFINITY);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Last write: the tracks for the next process, or none. Never throws. */
  async close(how: 'keep' | 'forget'): Promise<void> {
    if (how === 'forget') await this.#write([]);
    else if (this.#isLaid) await this.#write(this.#kept());
  }

  /** The bot's own tracks have a volume and nothing else. */
  #kept(): readonly StoredTrack[] {
    const { volume } = this.#context.mix;
    const own = ownTracks.filter((name) => volume.of(name) !== usualPercent);
    const volumes = own.map((name) => {
      return { name, percent: volume.of(name), isPaused: false, isMuted: false, sounds: [] };
    });
    return [...this.#owned.kept, ...volumes];
  }

  /** The store holds all of it, and nothing moves on by itself. */
  #isStored(): boolean {
    const { isMoving } = this.#context.mix.tracks;
    return !isMoving && JSON.stringify(this.#kept()) === this.#written;
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
    this.#forgotten = new Set();
    const tracks = await withStoreTimeout(guildId, parts, 'store.unreadable', read);
    if (tracks) this.#written = JSON.stringify(tracks);
    await Promise.all((tracks ?? []).map((track) => this.#restoreTrack(track, signal)));
  }

  async #restoreTrack(track: StoredTrack, signal: AbortSignal): Promise<void> {
    const owned = this.#owned;
    if (isOwnTrack(track.name)) this.#context.mix.volume.set(track.name, track.percent);
    for (const sound of track.sounds) {
      await this.#restoreSound(track, sound, signal);
      if (track.isPaused) owned.perform({ kind: 'pause', track: track.name });
      if (track.isMuted) owned.perform({ kind: 'mute', track: track.name });
      owned.perform({ kind: 'volume', track: track.name, percent: track.percent });
    }
  }

  /** Restores one sound; one that is gone is skipped, and the channel reads why. */
  async #restoreSound(
    { name: track }: StoredTrack,
    { source: origin, title, owner, positionMs: fromMs, loop }: StoredSound,
    signal: AbortSignal,
  ): Promise<void> {
    const { channel, port } = this.#context;
    try {
      const { guildId } = channel;
      const requester = { guildId, personId: owner?.id };
      const again = port(SoundCatalog).again(requester, origin, title, signal);
      const source = await unlessAborted(again, signal);
      const theirs = owner && this.#forgotten?.has(owner.id) ? undefined : owner;
      this.#owned.lay(track, source, { origin, owner: theirs }, { loop, next: false, fromMs });
    } catch (error) {
      signal.throwIfAborted();
      const reason = soundSourceErrorText(error, 'track');
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
