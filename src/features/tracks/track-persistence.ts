import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import type { NamedTrack } from '#src/playback/tracks/named-track.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import { isOwnTrack } from '#src/playback/tracks/track-name.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { PlayingSession } from './session-tracks.ts';
import type { SoundCatalog } from './sound-catalog.ts';
import { toSoundErrorLine, toTrackErrorLine } from './sound-source-error-texts.ts';
import type { StoredSound, StoredTrack, TrackStore } from './track-store.ts';

const storeIntervalMs = 3_000;
const defaultPercent = 100;

export type TrackDeps = StoreWatch & {
  readonly catalog: SoundCatalog;
  readonly places: Pick<Places, 'mayManage'>;
  readonly store: TrackStore;
};

/** Stores the tracks of a session, and restores those of a former process. */
export class TrackPersistence {
  readonly #session;
  readonly #deps;
  readonly #changes;
  #written: string | undefined;

  constructor(session: PlayingSession, deps: TrackDeps, isPassedOn: boolean) {
    this.#session = session;
    this.#deps = deps;
    this.#changes = new Wakeup(deps.clock);
    if (isPassedOn) this.#written = '';
  }

  /** Restores tracks, then writes changes until the session is over. Never throws. */
  async runUntilOver() {
    const { notices, signal, speech } = this.#session;
    const { mix } = speech;
    using _tracks = mix.tracks.listen(({ error, item, track }) => {
      this.noteChange();
      if (error) this.#reportGone(track, item.title, toTrackErrorLine(error));
    });
    signal.addEventListener('abort', () => this.noteChange());
    try {
      if (this.#written === undefined) await this.#restoreTracks(signal);
      for (;;) {
        await this.#deps.clock.sleep(storeIntervalMs, signal);
        await this.#writeTracks(this.#listKept());
        const isIdle = mix.tracks.listTracks().every(({ now }) => !now);
        if (isIdle && !signal.aborted)
          await this.#changes.wait(Number.POSITIVE_INFINITY);
      }
    } catch (error) {
      if (!signal.aborted) notices.reportFailure(error, 'speak');
    }
  }

  noteChange() {
    this.#changes.wake();
  }

  /** Writes for the last time: the tracks for the next process, or none. Never throws. */
  async closeStore(how: 'keep' | 'forget') {
    if (how === 'forget') await this.#writeTracks([]);
    else if (this.#written !== undefined) await this.#writeTracks(this.#listKept());
  }

  /** Keeps sounds that can be opened again, and changed volumes of own tracks. */
  #listKept(): readonly StoredTrack[] {
    const { tracks } = this.#session.speech.mix;
    const all = [...tracks.listTracks(), ...Object.values(tracks.own)].map(
      toStoredTrack,
    );
    return all.filter(
      ({ name, percent, sounds }) =>
        sounds.length > 0 || (isOwnTrack(name) && percent !== defaultPercent),
    );
  }

  async #writeTracks(tracks: readonly StoredTrack[]) {
    const { channelId, guildId } = this.#session.place.channel;
    const written = JSON.stringify(tracks);
    if (written === this.#written) return;
    const done = await withStoreTimeout(
      guildId,
      this.#deps,
      'store.unwritable',
      async () => {
        await this.#deps.store.write(guildId, channelId, tracks);
        return true;
      },
    );
    if (done) this.#written = written;
  }

  async #restoreTracks(signal: AbortSignal) {
    const { channelId, guildId } = this.#session.place.channel;
    const read = () => this.#deps.store.read(guildId, channelId);
    const tracks = await withStoreTimeout(
      guildId,
      this.#deps,
      'store.unreadable',
      read,
    );
    await Promise.all((tracks ?? []).map((track) => this.#restoreTrack(track, signal)));
    this.#written = tracks ? JSON.stringify(tracks) : '';
  }

  async #restoreTrack({ name, sounds, ...state }: StoredTrack, signal: AbortSignal) {
    const { tracks } = this.#session.speech.mix;
    tracks.findTrack(name)?.changeState(state);
    for (const sound of sounds) {
      await this.#restoreSound(name, sound, signal);
      tracks.findTrack(name)?.changeState(state);
    }
  }

  async #restoreSound(
    track: string,
    { source: origin, title, positionMs: fromMs, loop: isLooping }: StoredSound,
    signal: AbortSignal,
  ) {
    try {
      const again = this.#deps.catalog.openStored(origin, title, signal);
      const source = await waitUnlessAborted(again, signal);
      this.#session.speech.mix.tracks.enqueue(track, source, {
        origin,
        isLooping,
        fromMs,
      });
    } catch (error) {
      signal.throwIfAborted();
      const reason = toSoundErrorLine(error);
      if (!reason) throw error;
      this.#reportGone(track, title, reason);
    }
  }

  #reportGone(track: string, title: string, { id, with: words }: TextLine) {
    const { notices } = this.#session;
    const reason = notices.formatWrittenText({ id, with: words });
    notices.post({ id: 'track.gone', with: { track, title, reason } });
  }
}

function toStoredTrack({ name, state, items }: NamedTrack) {
  return { name, ...state, sounds: items.flatMap(toStoredSounds) };
}

function toStoredSounds(
  { isLooping: loop, origin, positionMs: atMs, source, title }: TrackItem,
  place: number,
) {
  if (!origin) return [];
  const positionMs = place === 0 && source.isSeekable ? Math.round(atMs) : 0;
  return [{ source: origin, title, positionMs, loop }];
}
