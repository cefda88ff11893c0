import { createHash } from 'node:crypto';
import { getDurationMs } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { type StoreWatch, tryWrite, withStoreTimeout } from '#src/ports/stores.ts';
import {
  createNotAudioError,
  createTooLongError,
} from '#src/sources/fetch/sound-refusals.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import { type SoundLibrary, toSoundName } from '#src/sources/sound-library.ts';
import type { SoundOpener } from '#src/sources/sound-sources.ts';
import { maxAddedSounds, type SoundStore } from '#src/stores/sound-store.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { toSoundErrorLine } from './sound-source-error-texts.ts';
import type { TrackCaller } from './track-request-outcomes.ts';

export type ServerSoundsDeps = StoreWatch & {
  readonly opener: SoundOpener;
  readonly library: SoundLibrary;
  readonly places: Pick<Places, 'listSoundboard'>;
  readonly store: SoundStore;
  /** Aborted when the shard is not served any more. */
  readonly signal: AbortSignal;
};

/** How a request to add a sound ended. */
export type AddSoundOutcome =
  | { readonly kind: 'added' | 'taken'; readonly title: string }
  | { readonly kind: 'full'; readonly limit: number }
  | { readonly kind: 'bad-name' | 'unsaved' }
  /** The file is no sound that can be added. */
  | { readonly kind: 'bad'; readonly reason: TextLine };

/** How a request to remove a sound ended. `denied`: somebody else added it. */
export type RemoveSoundOutcome =
  | { readonly kind: 'removed' | 'denied' | 'unknown'; readonly title: string }
  | { readonly kind: 'unsaved' };

/** As Discord's own soundboard: https://docs.discord.com/developers/resources/soundboard#create-guild-soundboard-sound */
const maxFileBytes = 512 * 1024;
const maxSoundMs = 60_000;
const maxNameChars = 32;
/** Characters of a key. The button of a sound has at most 100 in its id. */
const keyChars = 12;

/**
 * The sounds that a server plays by their names: those that members added, then those of its soundboard at Discord, then
 * those of this machine. Other servers know only the last ones.
 */
export class ServerSounds {
  readonly #deps: ServerSoundsDeps;
  /** A file waits whole in memory until it is examined. */
  readonly #adding = new Set<GuildId>();

  constructor(deps: ServerSoundsDeps) {
    this.#deps = deps;
  }

  /** Lists all names. Of names that differ in their case alone, the first one counts. Never throws. */
  async listNames(guildId: GuildId): Promise<readonly string[]> {
    const { library, places } = this.#deps;
    const [added, soundboard, own] = await Promise.all([
      this.#listAdded(guildId),
      places.listSoundboard(guildId),
      library.listNames(),
    ]);
    const namesByFold = new Map<string, string>();
    for (const name of [...added, ...soundboard]
      .map((sound) => sound.name)
      .concat(own)) {
      const fold = foldName(name);
      if (!namesByFold.has(fold)) namesByFold.set(fold, name);
    }
    return [...namesByFold.values()];
  }

  /** Lists the names of the sounds that members added. Never throws. */
  async listAddedNames(guildId: GuildId): Promise<readonly string[]> {
    return (await this.#listAdded(guildId)).map(({ name }) => name);
  }

  /** Opens a sound by its name, in any case. Undefined if unknown. Throws BotError `source.*`. */
  async open(
    guildId: GuildId,
    name: string,
    signal: AbortSignal,
  ): Promise<SoundSource | undefined> {
    const { library, opener, places, store } = this.#deps;
    const hasName = (sound: { readonly name: string }) =>
      foldName(sound.name) === foldName(name);
    const added = (await this.#listAdded(guildId)).find(hasName);
    const bytes =
      added &&
      (await withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
        store.read(guildId, added.name),
      ));
    if (bytes) {
      const location = { kind: 'bytes', bytes, title: added.name } as const;
      return await opener.openSource(location, signal);
    }
    const onBoard = (await places.listSoundboard(guildId)).find(hasName);
    if (!onBoard) return await library.open(name, signal);
    const location = { kind: 'link', url: onBoard.url, title: onBoard.name } as const;
    return await opener.openSource(location, signal);
  }

  /** Stores a sound of a person who may add one, once its file is fetched and played through. Never throws. */
  async addSound(
    guildId: GuildId,
    personId: PersonId,
    file: SoundFile,
    typedName: string,
  ): Promise<AddSoundOutcome> {
    const title = toSoundName(typedName);
    if (title === '' || title.length > maxNameChars || title.includes('://'))
      return { kind: 'bad-name' };
    if (this.#adding.has(guildId))
      return { kind: 'bad', reason: { id: 'track.bad.busy' } };
    this.#adding.add(guildId);
    try {
      return await this.#storeSound(guildId, personId, file, title);
    } finally {
      this.#adding.delete(guildId);
    }
  }

  async #storeSound(
    guildId: GuildId,
    personId: PersonId,
    file: SoundFile,
    title: string,
  ): Promise<AddSoundOutcome> {
    const { clock, store } = this.#deps;
    const names = await this.listNames(guildId);
    if (names.some((name) => foldName(name) === foldName(title)))
      return { kind: 'taken', title };
    if ((await this.#listAdded(guildId)).length >= maxAddedSounds)
      return { kind: 'full', limit: maxAddedSounds };
    const fetched = await this.#fetchSound(file, title);
    if (!(fetched instanceof Uint8Array)) return { kind: 'bad', reason: fetched };
    const addedAtWallMs = clock.wallMs();
    const sound = { guildId, name: title, personId, bytes: fetched, addedAtWallMs };
    const isAdded = await withStoreTimeout(
      guildId,
      this.#deps,
      'store.unwritable',
      () => store.add(sound),
    );
    if (isAdded === undefined) return { kind: 'unsaved' };
    return isAdded ? { kind: 'added', title } : { kind: 'taken', title };
  }

  /** Removes a sound that a member added, for that member or somebody who manages the server. Never throws. */
  async removeSound(
    guildId: GuildId,
    { id, mayManage }: Pick<TrackCaller, 'id' | 'mayManage'>,
    typedName: string,
  ): Promise<RemoveSoundOutcome> {
    const title = toSoundName(typedName);
    const sound = (await this.#listAdded(guildId)).find(
      ({ name }) => foldName(name) === foldName(title),
    );
    if (!sound) return { kind: 'unknown', title };
    if (sound.personId !== id && !mayManage)
      return { kind: 'denied', title: sound.name };
    const isSaved = await tryWrite(guildId, this.#deps, () =>
      this.#deps.store.remove(guildId, sound.name),
    );
    return isSaved ? { kind: 'removed', title: sound.name } : { kind: 'unsaved' };
  }

  async #listAdded(guildId: GuildId) {
    const added = await withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
      this.#deps.store.list(guildId),
    );
    return added ?? [];
  }

  /** Fetches a file, and plays it through without a listener. Returns why it is no sound to add. */
  async #fetchSound({ bytes, url }: SoundFile, title: string) {
    const { opener, signal } = this.#deps;
    try {
      const fetched = bytes ?? (await opener.fetchBytes(url, maxFileBytes, signal));
      const location = { kind: 'bytes', bytes: fetched, title } as const;
      await checkSound(await opener.openSource(location, signal), signal);
      return fetched;
    } catch (error) {
      const reason = toSoundErrorLine(error, maxSoundMs);
      if (!reason) throw error;
      return reason;
    }
  }
}

/** Reads a sound to its end. Throws BotError `source.*`. */
async function checkSound({ open }: SoundSource, signal: AbortSignal) {
  let lengthMs = 0;
  for await (const pcm of open(0, signal)) {
    lengthMs += getDurationMs(pcm);
    if (lengthMs > maxSoundMs) throw createTooLongError(maxSoundMs);
  }
  if (lengthMs === 0) throw createNotAudioError('it has no sound');
}

/** Computes a short key of a sound's name, which is the same in every run. */
export function toSoundKey(name: string): string {
  return createHash('sha256')
    .update(foldName(name))
    .digest('base64url')
    .slice(0, keyChars);
}

function foldName(name: string) {
  return toSoundName(name).toLowerCase();
}
