import type { SoundSource } from '#src/audio/sound-source.ts';
import { BotError } from '#src/base/errors.ts';
import type { Public } from '#src/base/public.ts';
import { soundSourceErrorText } from '#src/features/tracks/sound-source-error-texts.ts';
import type { SoundOrigin } from '#src/playback/tracks/track-item.ts';
import type { SoundLibrary } from '#src/sources/library.ts';
import type { Sources } from '#src/sources/sources.ts';
import { soundsMeant } from './sound-matching.ts';
import type { PlayOutcome, PlayRequest } from './track-outcomes.ts';

type FoundSound =
  | { readonly kind: 'found'; readonly source: SoundSource; readonly origin: SoundOrigin }
  | Extract<PlayOutcome, { kind: 'bad' | 'no-sound' | 'several' }>;

type SoundRequest = Pick<PlayRequest, 'sound'>;

/** Names listed where none is meant. */
const shownNames = 10;
/** Sounds one server may look for at the same time: each is a connection to an address that a person gives. */
const mostAtOnce = 4;

/** Finds what people want to hear: a sound that lies here, a link, or a file they sent. */
export class SoundCatalog {
  readonly #opener: Public<Sources>;
  readonly #folder: Public<SoundLibrary>;
  /** Number of sounds that are looked up, by server. */
  readonly #underWay = new Map<string, number>();

  constructor(opener: Public<Sources>, folder: Public<SoundLibrary>) {
    this.#opener = opener;
    this.#folder = folder;
  }

  /** Aborting `signal` throws `signal.reason`. */
  async find(guildId: string, request: SoundRequest, signal: AbortSignal): Promise<FoundSound> {
    const others = this.#underWay.get(guildId) ?? 0;
    if (others >= mostAtOnce) return { kind: 'bad', reason: { id: 'track.bad.busy' } };
    this.#underWay.set(guildId, others + 1);
    try {
      return await this.#find(request, signal);
    } catch (error) {
      const reason = signal.aborted ? undefined : soundSourceErrorText(error);
      if (!reason) throw error;
      return { kind: 'bad', reason };
    } finally {
      this.#underWay.set(guildId, (this.#underWay.get(guildId) ?? 1) - 1);
    }
  }

  /** Opens a stored sound once more, say after a restart. Errors: BotError `source.*`. Aborting throws `signal.reason`. */
  async again(origin: SoundOrigin, title: string, signal: AbortSignal): Promise<SoundSource> {
    const source = await this.#open(origin, signal, title);
    if (source) return source;
    throw new BotError('source.unreachable', false, 'A stored sound does not exist any more.');
  }

  /** Names of all that lies here. */
  names(): Promise<readonly string[]> {
    return this.#folder.names();
  }

  /** By its name; else by its folder, or some of its words, of which several are named and not played. */
  async #find({ sound }: SoundRequest, signal: AbortSignal): Promise<FoundSound> {
    const origin = originOf(sound);
    const source = await this.#open(origin, signal, titleOf(sound));
    if (source) return { kind: 'found', source, origin };
    const name = origin.kind === 'library' ? origin.name : '';
    const names = await this.#folder.names();
    const sounds = soundsMeant(
      name,
      names.map((one) => ({ name: one })),
    ).map((one) => one.name);
    const [first] = sounds;
    if (first === undefined) return { kind: 'no-sound', name, names: names.slice(0, shownNames) };
    if (sounds.length > 1) return { kind: 'several', sounds };
    return await this.#find({ sound: first }, signal);
  }

  /** Undefined where nothing of that name lies here. */
  async #open(
    origin: SoundOrigin,
    signal: AbortSignal,
    title?: string,
  ): Promise<SoundSource | undefined> {
    if (origin.kind === 'library') return await this.#folder.open(origin.name, signal);
    return await this.#opener.openSource({ ...origin, title }, signal);
  }
}

function originOf(sound: SoundRequest['sound']): SoundOrigin {
  if (typeof sound === 'object') return { kind: 'link', url: sound.url, type: sound.type };
  return sound.includes('://') ? { kind: 'link', url: sound } : { kind: 'library', name: sound };
}

/** The name of a sent file without its ending. */
function titleOf(sound: SoundRequest['sound']): string | undefined {
  if (typeof sound === 'string') return undefined;
  return sound.name.replace(/\.[a-z\d]{2,5}$/i, '') || sound.name;
}
