import type { SoundSource } from '#src/audio/sound-source.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import { toSoundErrorLine } from '#src/features/tracks/sound-source-error-texts.ts';
import { Owned, type Owner } from '#src/people/owned.ts';
import type { SoundOrigin } from '#src/playback/tracks/track-item.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { SoundOpener } from '#src/sources/sound-sources.ts';
import type { StoredSound } from '#src/stores/track-store.ts';
import type { ServerSounds } from './server-sounds.ts';
import { matchSounds } from './sound-matching.ts';
import type { PlayOutcome, PlayRequest, SentSound } from './track-request-outcomes.ts';

type FoundSound =
  | {
      readonly kind: 'found';
      readonly sound: Owned<SoundSource>;
      /** Undefined for bytes that came once. */
      readonly origin?: SoundOrigin;
    }
  | Extract<PlayOutcome, { kind: 'bad' | 'no-sound' | 'several' }>;

type SoundRequest = Pick<PlayRequest, 'sound'>;
/** A sound that can be opened again. */
type StoredPlace = Exclude<PlayRequest['sound'], SentSound>;

const maxShownNames = 10;
/** Each search connects to an address from a person. */
const maxSearchesPerServer = 4;

/** Finds sounds by their names, at links, and in attachments. */
export class SoundCatalog {
  readonly #opener: SoundOpener;
  readonly #sounds: ServerSounds;
  readonly #searchesByGuild = new Map<GuildId, number>();

  constructor(opener: SoundOpener, sounds: ServerSounds) {
    this.#opener = opener;
    this.#sounds = sounds;
  }

  /**
   * Finds and opens a sound for a voice channel. A server has four searches at a time. Aborting `signal`
   * throws `signal.reason`.
   */
  async findForChannel(
    channel: ChannelRef,
    request: SoundRequest,
    signal: AbortSignal,
  ): Promise<FoundSound> {
    const { guildId } = channel;
    const searches = this.#searchesByGuild.get(guildId) ?? 0;
    if (searches >= maxSearchesPerServer)
      return { kind: 'bad', reason: { id: 'track.bad.busy' } };
    this.#searchesByGuild.set(guildId, searches + 1);
    try {
      return await this.#findSound(request, channel, signal);
    } catch (error) {
      return toBadSound(error, signal);
    } finally {
      this.#searchesByGuild.set(guildId, (this.#searchesByGuild.get(guildId) ?? 1) - 1);
    }
  }

  /** Opens a stored sound of an owner again, in its server. Throws BotError `source.*`. */
  async openStored(
    guildId: GuildId,
    { source: origin, title }: Pick<StoredSound, 'source' | 'title'>,
    owner: Owner,
    signal: AbortSignal,
  ): Promise<Owned<SoundSource>> {
    const source = await this.#openSound(guildId, origin, signal, title);
    if (source) return new Owned(source, owner);
    throw new BotError(
      'source.unreachable',
      false,
      'A stored sound does not exist any more.',
    );
  }

  async #openSound(
    guildId: GuildId,
    origin: SoundOrigin,
    signal: AbortSignal,
    title?: string,
  ) {
    if (origin.kind === 'library')
      return await this.#sounds.open(guildId, origin.name, signal);
    return await this.#opener.openSource({ ...origin, title }, signal);
  }

  /** Opens bytes of a program, which may be words of the channel as those that it has said. */
  async #openSent(
    sound: SentSound,
    channelId: ChannelId,
    signal: AbortSignal,
  ): Promise<FoundSound> {
    const source = await this.#opener.openSource({ kind: 'stream', ...sound }, signal);
    return { kind: 'found', sound: new Owned(source, { channelId }) };
  }

  async #findSound(
    { sound }: SoundRequest,
    { channelId, guildId }: Pick<ChannelRef, 'channelId' | 'guildId'>,
    signal: AbortSignal,
  ): Promise<FoundSound> {
    if (typeof sound === 'object' && 'title' in sound)
      return await this.#openSent(sound, channelId, signal);
    const origin = toOrigin(sound);
    const source = await this.#openSound(guildId, origin, signal, toTitle(sound));
    const owner = isOfMessage(sound) ? { channelId } : 'given';
    if (source) return { kind: 'found', sound: new Owned(source, owner), origin };
    const name = origin.kind === 'library' ? origin.name : '';
    const names = await this.#sounds.listNames(guildId);
    const namedSounds = names.map((libraryName) => ({ name: libraryName }));
    const matches = matchSounds(name, namedSounds).map((match) => match.name);
    const [bestMatch] = matches;
    if (bestMatch === undefined)
      return { kind: 'no-sound', name, names: names.slice(0, maxShownNames) };
    if (matches.length > 1) return { kind: 'several', sounds: matches };
    return await this.#findSound({ sound: bestMatch }, { channelId, guildId }, signal);
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

function toOrigin(sound: StoredPlace): SoundOrigin {
  if (typeof sound === 'object')
    return { kind: 'link', url: sound.url, type: sound.type };
  return sound.includes('://')
    ? { kind: 'link', url: sound }
    : { kind: 'library', name: sound };
}

/** Where Discord keeps files of messages, also those whose link a person copied. */
const messageFileHosts: ReadonlySet<string> = new Set([
  'cdn.discordapp.com',
  'media.discordapp.net',
]);

/** Tests whether a sound may hold words of people, as a voice message does. The library and the web are open to anyone. */
function isOfMessage(sound: StoredPlace) {
  if (typeof sound === 'object') return true;
  const host = URL.parse(sound)?.hostname.replace(/\.$/, '');
  return host !== undefined && messageFileHosts.has(host);
}

function toTitle(sound: StoredPlace) {
  if (typeof sound === 'string') return undefined;
  return sound.name.replace(/\.[a-z\d]{2,5}$/i, '') || sound.name;
}
