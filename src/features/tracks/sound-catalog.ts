import type { SoundSource } from '#src/audio/sound-source.ts';
import { BotError } from '#src/base/errors.ts';
import { soundSourceErrorText } from '#src/features/tracks/sound-source-error-texts.ts';
import type { SoundOrigin } from '#src/playback/tracks/track-item.ts';
import type { SoundFolder, SoundOpener } from '#src/sources/fetch/ports.ts';
import { soundsMeant } from './sound-matching.ts';
import type { Playing, PlayRequest } from './track-outcomes.ts';

type FoundSound =
  | { readonly kind: 'found'; readonly source: SoundSource; readonly origin: SoundOrigin }
  | Extract<Playing, { kind: 'bad' | 'no-sound' | 'several' }>;

type SoundRequest = Pick<PlayRequest, 'isHeard' | 'sound'>;

/** Limit of recently played sounds in one server; a new one drops the oldest. */
const mostRecent = 20;
const shownClosest = 3;
/** Names listed where none is similar. */
const shownNames = 10;
/** Sounds one server may look for at the same time: each is a connection to an address that a person gives. */
const mostAtOnce = 4;

/** Finds what people want to hear: a sound that lies here, one of late, a link, or a file they sent. */
export class SoundCatalog {
  readonly #opener: SoundOpener;
  readonly #folder: SoundFolder;
  /** By server, then by title, the newest last. */
  readonly #recent = new Map<string, Map<string, SoundOrigin>>();
  /** Number of sounds that are looked up, by server. */
  readonly #underWay = new Map<string, number>();

  constructor(opener: SoundOpener, folder: SoundFolder) {
    this.#opener = opener;
    this.#folder = folder;
  }

  /** Aborting `signal` throws `signal.reason`. */
  async find(guildId: string, request: SoundRequest, signal: AbortSignal): Promise<FoundSound> {
    const others = this.#underWay.get(guildId) ?? 0;
    if (others >= mostAtOnce) return { kind: 'bad', reason: { id: 'track.bad.busy' } };
    this.#underWay.set(guildId, others + 1);
    try {
      return await this.#find(guildId, request, signal);
    } catch (error) {
      const reason = signal.aborted ? undefined : soundSourceErrorText(error, 'track');
      if (!reason) throw error;
      return { kind: 'bad', reason };
    } finally {
      this.#done(guildId);
    }
  }

  /** Opens a stored sound once more, say after a restart. Errors: BotError `source.*`. Aborting throws `signal.reason`. */
  async again(origin: SoundOrigin, title: string, signal: AbortSignal): Promise<SoundSource> {
    const source = await this.#open(origin, signal, title);
    if (source) return source;
    throw new BotError('source.unreachable', false, 'A stored sound does not exist any more.');
  }

  /** Remembers a sound that was played, to be suggested from now on. */
  remember(guildId: string, title: string, origin: SoundOrigin): void {
    const recent = this.#recent.get(guildId) ?? new Map<string, SoundOrigin>();
    recent.delete(title);
    recent.set(title, origin);
    this.#recent.set(guildId, new Map([...recent].slice(-mostRecent)));
  }

  /** All that lies here, then what was played of late from elsewhere. */
  async names(guildId: string): Promise<readonly string[]> {
    const recent = [...(this.#recent.get(guildId) ?? [])].toReversed();
    const others = recent.filter(([, { kind }]) => kind !== 'library').map(([title]) => title);
    return [...new Set([...(await this.#folder.names()), ...others])];
  }

  #done(guildId: string): void {
    const others = (this.#underWay.get(guildId) ?? 1) - 1;
    if (others > 0) this.#underWay.set(guildId, others);
    else this.#underWay.delete(guildId);
  }

  /** By its name, or one of late; else by its title, its folder, or some of its words, of which several are named and not played. */
  async #find(
    guildId: string,
    { sound, isHeard }: SoundRequest,
    signal: AbortSignal,
  ): Promise<FoundSound> {
    if (typeof sound !== 'string') {
      const { name, type, url } = sound;
      return await this.#found({ kind: 'link', url, type }, signal, withoutEnding(name));
    }
    if (sound.includes('://')) return await this.#found({ kind: 'link', url: sound }, signal);
    const named = await this.#found({ kind: 'library', name: sound }, signal);
    if (named.kind === 'found') return named;
    const recent = isHeard ? [] : [...(this.#recent.get(guildId) ?? [])];
    const [title, origin] = recent.find(([one]) => one.toLowerCase() === sound.toLowerCase()) ?? [];
    if (origin) return await this.#found(origin, signal, title);
    const sounds = soundsMeant(sound, await this.#folder.titled(signal), { isHeard });
    const [first, second] = sounds;
    if (second) return { kind: 'several', sounds };
    return first ? await this.#found({ kind: 'library', name: first.name }, signal) : named;
  }

  async #found(origin: SoundOrigin, signal: AbortSignal, title?: string): Promise<FoundSound> {
    const source = await this.#open(origin, signal, title);
    if (source) return { kind: 'found', source, origin };
    const sound = origin.kind === 'library' ? origin.name : '';
    return { kind: 'no-sound', sound, closest: await this.#closest(sound) };
  }

  /** Up to three names of sounds that are like this one; where none is, the first names there are. */
  async #closest(name: string): Promise<readonly string[]> {
    const names = await this.#folder.names();
    const near = names.filter((one) => isNear(one.toLowerCase(), name.toLowerCase()));
    return near.length > 0 ? near.slice(0, shownClosest) : names.slice(0, shownNames);
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

function withoutEnding(name: string): string {
  return name.replace(/\.[a-z\d]{2,5}$/i, '') || name;
}

/** One holds the other, or they begin alike. */
function isNear(one: string, other: string): boolean {
  const start = other.slice(0, 2);
  return one.includes(other) || other.includes(one) || (start !== '' && one.startsWith(start));
}
