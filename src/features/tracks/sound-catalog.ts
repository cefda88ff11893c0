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

export type SoundCatalog = ReturnType<typeof createSoundCatalog>;

export function createSoundCatalog(opener: SoundOpener, folder: SoundLibrary) {
  const underWay = new Map<string, number>();

  async function openSound(origin: SoundOrigin, signal: AbortSignal, title?: string) {
    if (origin.kind === 'library') return await folder.open(origin.name, signal);
    return await opener.openSource({ ...origin, title }, signal);
  }

  async function findSound(
    { sound }: SoundRequest,
    signal: AbortSignal,
  ): Promise<FoundSound> {
    const origin = toOrigin(sound);
    const source = await openSound(origin, signal, toTitle(sound));
    if (source) return { kind: 'found', source, origin };
    const name = origin.kind === 'library' ? origin.name : '';
    const names = await folder.listNames();
    const known = names.map((one) => ({ name: one }));
    const sounds = matchSounds(name, known).map((one) => one.name);
    const [first] = sounds;
    if (first === undefined)
      return { kind: 'no-sound', name, names: names.slice(0, maxShownNames) };
    if (sounds.length > 1) return { kind: 'several', sounds };
    return await findSound({ sound: first }, signal);
  }

  return {
    async findForGuild(
      guildId: GuildId,
      request: SoundRequest,
      signal: AbortSignal,
    ): Promise<FoundSound> {
      const others = underWay.get(guildId) ?? 0;
      if (others >= maxSearchesPerServer)
        return { kind: 'bad', reason: { id: 'track.bad.busy' } };
      underWay.set(guildId, others + 1);
      try {
        return await findSound(request, signal);
      } catch (error) {
        return toBadSound(error, signal);
      } finally {
        underWay.set(guildId, (underWay.get(guildId) ?? 1) - 1);
      }
    },

    /** Opens a stored sound again. Throws BotError `source.*`. */
    async openStored(
      origin: SoundOrigin,
      title: string,
      signal: AbortSignal,
    ): Promise<SoundSource> {
      const source = await openSound(origin, signal, title);
      if (source) return source;
      throw new BotError(
        'source.unreachable',
        false,
        'A stored sound does not exist any more.',
      );
    },

    names: folder.listNames,
  };
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
