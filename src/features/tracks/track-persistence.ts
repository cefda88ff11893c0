import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { createWakeup } from '#src/base/loops/mailbox.ts';
import { isOwnTrack, type NamedTrack } from '#src/playback/tracks/named-track.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/stores.ts';
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
export function createTrackPersistence(
  { notices, place, signal, speech }: PlayingSession,
  deps: TrackDeps,
  isPassedOn: boolean,
) {
  const { catalog, clock, store } = deps;
  const { channelId, guildId } = place.channel;
  const { tracks } = speech.mix;
  const changes = createWakeup(clock);
  /** Undefined until the tracks are restored. */
  let written = isPassedOn ? '' : undefined;

  /** Lists sounds that can be opened again, and changed volumes of own tracks. */
  function listKept(): readonly StoredTrack[] {
    const all = [...tracks.listTracks(), ...Object.values(tracks.own)];
    return all
      .map(toStoredTrack)
      .filter(
        ({ name, percent, sounds }) =>
          sounds.length > 0 || (isOwnTrack(name) && percent !== defaultPercent),
      );
  }

  async function writeTracks(list: readonly StoredTrack[]) {
    const json = JSON.stringify(list);
    if (json === written) return;
    const write = async () => {
      await store.write(guildId, channelId, list);
      return true;
    };
    if (await withStoreTimeout(guildId, deps, 'store.unwritable', write))
      written = json;
  }

  async function writeChanges() {
    for (;;) {
      await clock.sleep(storeIntervalMs, signal);
      await writeTracks(listKept());
      const isIdle = tracks.listTracks().every(({ items }) => items.length === 0);
      if (isIdle && !signal.aborted) await changes.wait(Number.POSITIVE_INFINITY);
    }
  }

  async function restoreTracks() {
    const list = await withStoreTimeout(guildId, deps, 'store.unreadable', () =>
      store.read(guildId, channelId),
    );
    await Promise.all((list ?? []).map(restoreTrack));
    written = list ? JSON.stringify(list) : '';
  }

  async function restoreTrack({ name, sounds, ...state }: StoredTrack) {
    tracks.findTrack(name)?.changeState(state);
    for (const sound of sounds) {
      await restoreSound(name, sound);
      tracks.findTrack(name)?.changeState(state);
    }
  }

  async function restoreSound(
    track: string,
    { source: origin, title, positionMs: fromMs, loop: isLooping }: StoredSound,
  ) {
    try {
      const again = catalog.openStored(origin, title, signal);
      const source = await waitUnlessAborted(again, signal);
      tracks.enqueue(track, source, { origin, isLooping, fromMs });
    } catch (error) {
      signal.throwIfAborted();
      const reason = toSoundErrorLine(error);
      if (!reason) throw error;
      reportGone(track, title, reason);
    }
  }

  function reportGone(track: string, title: string, why: TextLine) {
    const reason = notices.formatWrittenText(why);
    notices.post({ id: 'track.gone', with: { track, title, reason } });
  }

  function noteChange() {
    changes.wake();
  }

  return {
    noteChange,
    /** Restores tracks, then writes changes until the session is over. Never throws. */
    async runUntilOver() {
      using _tracks = tracks.listen(({ error, item, track }) => {
        noteChange();
        if (error) reportGone(track, item.title, toTrackErrorLine(error));
      });
      signal.addEventListener('abort', noteChange);
      try {
        if (written === undefined) await restoreTracks();
        await writeChanges();
      } catch (error) {
        if (!signal.aborted) notices.reportFailure(error, 'speak');
      }
    },
    /** Stores the tracks for the next process, or none. Never throws. */
    async closeStore(how: 'keep' | 'forget') {
      if (how === 'forget') await writeTracks([]);
      else if (written !== undefined) await writeTracks(listKept());
    },
  };
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
