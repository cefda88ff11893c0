import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { isOwnTrack } from '#src/playback/tracks/named-track.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import { type StoreWatch, tryWrite, withStoreTimeout } from '#src/ports/stores.ts';
import type { StoredSound, StoredTrack, TrackStore } from '#src/stores/track-store.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { SoundCatalog } from './sound-catalog.ts';
import { toSoundErrorLine, toTrackErrorLine } from './sound-source-error-texts.ts';

const storeIntervalMs = 3_000;
const defaultPercent = 100;

/** Objects that storing tracks needs. */
export type TrackPersistenceDeps = StoreWatch & {
  readonly catalog: SoundCatalog;
  readonly store: TrackStore;
};

type StoredSession = {
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly signal: AbortSignal;
  readonly mouth: Mouth;
};

/** Stores the tracks of a session, and restores those of a former process. */
export class TrackPersistence {
  readonly #session: StoredSession;
  readonly #deps: TrackPersistenceDeps;
  readonly #changes: Wakeup;
  /** JSON of the stored tracks. Undefined until the tracks are restored. */
  #writtenJson: string | undefined;

  /** Creates the persistence. `isPassedOn` means the tracks come from a session before a move. */
  constructor(session: StoredSession, deps: TrackPersistenceDeps, isPassedOn: boolean) {
    this.#session = session;
    this.#deps = deps;
    this.#changes = new Wakeup(deps.clock);
    this.#writtenJson = isPassedOn ? '' : undefined;
  }

  /** Has changed tracks stored soon. */
  noteChange(): void {
    this.#changes.wake();
  }

  /** Restores tracks, then writes changes until the session is over. Never throws. */
  async runUntilOver(): Promise<void> {
    const { notices, signal, mouth } = this.#session;
    using _tracks = mouth.mix.tracks.listen(({ error, item, track }) => {
      this.#changes.wake();
      if (!error) return;
      const line = toTrackErrorLine(error, notices.getWrittenLocale());
      this.#reportGone(track, item.title, line);
    });
    signal.addEventListener('abort', () => this.#changes.wake());
    try {
      if (this.#writtenJson === undefined) await this.#restoreTracks();
      await this.#writeChanges();
    } catch (error) {
      if (!signal.aborted) notices.reportFailure(error, 'speak');
    }
  }

  /** Stores the tracks for the next process, or none. Never throws. */
  async closeStore(isKept: boolean): Promise<void> {
    if (!isKept || this.#writtenJson !== undefined)
      await this.#writeTracks(isKept ? this.#listStoredTracks() : []);
  }

  /** Lists sounds that can be opened again, and changed volumes of own tracks. */
  #listStoredTracks(): readonly StoredTrack[] {
    const { tracks } = this.#session.mouth.mix;
    return [...tracks.listTracks(), ...Object.values(tracks.own)]
      .map(({ items, name, state }) => {
        return { name, ...state, sounds: items.flatMap(toStoredSounds) };
      })
      .filter(
        ({ name, percent, sounds }) =>
          sounds.length > 0 || (isOwnTrack(name) && percent !== defaultPercent),
      );
  }

  async #writeTracks(tracks: readonly StoredTrack[]) {
    const { channelId, guildId } = this.#session.voiceChannel.channel;
    const json = JSON.stringify(tracks);
    if (json === this.#writtenJson) return;
    const write = () => this.#deps.store.write(guildId, channelId, tracks);
    if (await tryWrite(guildId, this.#deps, write)) this.#writtenJson = json;
  }

  async #writeChanges() {
    const { signal, mouth } = this.#session;
    const { tracks } = mouth.mix;
    for (;;) {
      await this.#deps.clock.sleep(storeIntervalMs, signal);
      await this.#writeTracks(this.#listStoredTracks());
      const isIdle = tracks.listTracks().every(({ items }) => items.length === 0);
      if (isIdle && !signal.aborted) await this.#changes.wait(Number.POSITIVE_INFINITY);
    }
  }

  async #restoreTracks() {
    const { channelId, guildId } = this.#session.voiceChannel.channel;
    const tracks = await withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
      this.#deps.store.read(guildId, channelId),
    );
    await Promise.all((tracks ?? []).map((track) => this.#restoreTrack(track)));
    this.#writtenJson = tracks ? JSON.stringify(tracks) : '';
  }

  async #restoreTrack({ name, sounds, ...state }: StoredTrack) {
    const { tracks } = this.#session.mouth.mix;
    tracks.findTrack(name)?.changeState(state);
    for (const sound of sounds) {
      await this.#restoreSound(name, sound);
      tracks.findTrack(name)?.changeState(state);
    }
  }

  async #restoreSound(track: string, stored: StoredSound) {
    const { signal, mouth, voiceChannel } = this.#session;
    const { source: origin, title, positionMs: fromMs, loop: isLooping } = stored;
    const { channelId, guildId } = voiceChannel.channel;
    const owner = stored.wordsOwner ?? { channelId };
    try {
      const opening = this.#deps.catalog.openStored(guildId, stored, owner, signal);
      const sound = await waitUnlessAborted(opening, signal);
      mouth.mix.tracks.enqueue(track, sound, { origin, isLooping, fromMs });
    } catch (error) {
      signal.throwIfAborted();
      const reason = toSoundErrorLine(error);
      if (!reason) throw error;
      this.#reportGone(track, title, reason);
    }
  }

  #reportGone(track: string, title: string, reasonLine: TextLine) {
    const { notices } = this.#session;
    const reason = notices.formatWrittenText(reasonLine);
    notices.post({ id: 'track.gone', with: { track, title, reason } });
  }
}

function toStoredSounds(
  {
    isLooping: loop,
    origin,
    positionMs: atMs,
    source,
    title,
    wordsOwner,
  }: Pick<
    TrackItem,
    'isLooping' | 'origin' | 'positionMs' | 'source' | 'title' | 'wordsOwner'
  >,
  index: number,
): readonly StoredSound[] {
  if (!origin) return [];
  const positionMs = index === 0 && source.isSeekable ? Math.round(atMs) : 0;
  return [{ source: origin, title, wordsOwner, positionMs, loop }];
}
