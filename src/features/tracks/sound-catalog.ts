import type { SoundSource } from '#src/audio/sound-source.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import { toSoundErrorLine } from '#src/features/tracks/sound-source-error-texts.ts';
import type { SoundOrigin } from '#src/playback/tracks/track-item.ts';
import type { SoundLibrary } from '#src/sources/sound-library.ts';
import type { SoundOpener } from '#src/sources/sound-sources.ts';
import { matchSounds } from './sound-matching.ts';
import type { PlayOutcome, PlayRequest } from './track-request-outcomes.ts';

type FoundSound =
  | {
      readonly kind: 'found';
      readonly source: SoundSource;
      readonly origin: SoundOrigin;
    }
  | Extract<PlayOutcome, { kind: 'bad' | 'no-sound' | 'several' }>;

type SoundRequest = Pick<PlayRequest, 'sound'>;

const maxShownNames = 10;
/** Each search connects to an address from a person. */
const maxSearchesPerServer = 4;

/** Finds sounds in the library of this machine, at links, and in attachments. */
export class SoundCatalog {
  readonly #opener: SoundOpener;
  readonly #library: SoundLibrary;
  readonly #searchesByGuild = new Map<GuildId, number>();

  constructor(opener: SoundOpener, library: SoundLibrary) {
    this.#opener = opener;
    this.#library = library;
  }

  /**
   * Finds and opens a sound. A server has four searches at a time. Aborting `signal`
   * throws `signal.reason`.
   */
  async findForGuild(
    guildId: GuildId,
    request: SoundRequest,
    signal: AbortSignal,
  ): Promise<FoundSound> {
    const searches = this.#searchesByGuild.get(guildId) ?? 0;
    if (searches >= maxSearchesPerServer)
      return { kind: 'bad', reason: { id: 'track.bad.busy' } };
    this.#searchesByGuild.set(guildId, searches + 1);
    try {
      return await this.#findSound(request, signal);
    } catch (error) {
      return toBadSound(error, signal);
    } finally {
      this.#searchesByGuild.set(guildId, (this.#searchesByGuild.get(guildId) ?? 1) - 1);
    }
  }

  /** Opens a stored sound again. Throws BotError `source.*`. */
  async openStored(
    origin: SoundOrigin,
    title: string,
    signal: AbortSignal,
  ): Promise<SoundSource> {
    const source = await this.#openSound(origin, signal, title);
    if (source) return source;
    throw new BotError(
      'source.unreachable',
      false,
      'A stored sound does not exist any more.',
    );
  }

  /** Lists the names of the library, as people type them. */
  async listNames(): Promise<readonly string[]> {
    return await this.#library.listNames();
  }

  async #openSound(origin: SoundOrigin, signal: AbortSignal, title?: string) {
    if (origin.kind === 'library') return await this.#library.open(origin.name, signal);
    return await this.#opener.openSource({ ...origin, title }, signal);
  }

  async #findSound({ sound }: SoundRequest, signal: AbortSignal): Promise<FoundSound> {
    const origin = toOrigin(sound);
    const source = await this.#openSound(origin, signal, toTitle(sound));
    if (source) return { kind: 'found', source, origin };
    const name = origin.kind === 'library' ? origin.name : '';
    const names = await this.#library.listNames();
    const namedSounds = names.map((libraryName) => ({ name: libraryName }));
    const matches = matchSounds(name, namedSounds).map((match) => match.name);
    const [bestMatch] = matches;
    if (bestMatch === undefined)
      return { kind: 'no-sound', name, names: names.slice(0, maxShownNames) };
    if (matches.length > 1) return { kind: 'several', sounds: matches };
    return await this.#findSound({ sound: bestMatch }, signal);
  }
}

/**
 * Turns an error of a sound into an outcome. Throws any other, and the reason of an
 * aborted `signal`.
 */
function toBadSound(error: unknown, signal: AbortSignal): FoundSound {
  const reason = signal.aborted ? undefined : toSoundErrorLine(error);
  if (!reason) throw error;
  return { kind: 'bad', reason };
}

function toOrigin(sound: SoundRequest['sound']): SoundOrigin {
  if (typeof sound === 'object')
    return { kind: 'link', url: sound.url, type: sound.type };
  return sound.includes('://')
    ? { kind: 'link', url: sound }
    : { kind: 'library', name: sound };
}

function toTitle(sound: SoundRequest['sound']) {
  if (typeof sound === 'string') return undefined;
  return sound.name.replace(/\.[a-z\d]{2,5}$/i, '') || sound.name;
}
