import { withStoreTimeout } from '#src/conversation/alerts/store-timeout.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import type { RecapPoint } from '#src/features/captions/answers/make-recap.ts';
import type {
  FileRequest,
  FindOutcome,
  QuotedLine,
  QuotedPoint,
  TranscriptOutcome,
} from '#src/features/captions/caption-outcomes.ts';
import { messageLink } from '#src/features/captions/files/message-link.ts';
import { transcriptFiles } from '#src/features/captions/files/transcript-file.ts';
import { SessionCaptions } from '#src/features/captions/session-captions.ts';
import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import type {
  FoundLine,
  LineRange,
  ListedSession,
  OpenChannels,
} from '#src/features/captions/transcript-store-types.ts';
import { knownLocale } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import type { CaptionParts } from './disk-and-memory-stores.ts';
import { allStores } from './disk-and-memory-stores.ts';
import { openTo } from './open-channels.ts';

/** Sessions offered, and lines found, at most. */
const [mostSessions, mostFound] = [25, 6];

/** Lookup of transcripts, limited to lines that the reader may know. */
export class TranscriptLookup {
  readonly #parts: CaptionParts;
  readonly #sessions: VoiceSessions;

  constructor(parts: CaptionParts, sessions: VoiceSessions) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  /** IANA name of the zone in which this server reads times. */
  timeZoneIn(guildId: string): string {
    return this.#sessions.settings.in(guildId).timeZone;
  }

  /** Language in which most of these lines are, as a BCP 47 tag, if there are texts in it; else that of the server. */
  languageOf({ guildId }: TranscriptSession, lines: readonly TranscriptLine[]): string {
    const byLanguage = Map.groupBy(lines, ({ language }) => knownLocale(language));
    byLanguage.delete(undefined);
    const [most] = [...byLanguage].toSorted(([, one], [, other]) => other.length - one.length);
    const { language } = this.#sessions.settings.in(guildId);
    return most?.[0] ?? knownLocale(language) ?? this.#parts.places.localeIn(guildId);
  }

  /** Newest first, at most 25; undefined where they cannot be read. */
  async sessions(
    guildId: string,
    open: OpenChannels,
  ): Promise<readonly ListedSession[] | undefined> {
    const read = () => this.#all(({ reader }) => reader.sessions(guildId, open, mostSessions));
    const all = await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
    return all
      ?.toSorted((one, other) => other.startedAtWallMs - one.startedAtWallMs)
      .slice(0, mostSessions);
  }

  /** The last session where none is named. */
  async file(
    guildId: string,
    open: OpenChannels | undefined,
    { format, sessionId }: FileRequest,
  ): Promise<TranscriptOutcome> {
    const picked = open && (await this.session(guildId, open, sessionId));
    if (!open || !picked) return { kind: 'unread' };
    if (picked.kind === 'none') return picked;
    const { session } = picked;
    const lines = await this.lines(session, open);
    if (!lines) return { kind: 'unread' };
    const { places } = this.#parts;
    const timeZone = this.timeZoneIn(guildId);
    const content = { session, lines, timeZone, locale: places.localeIn(guildId) };
    return { kind: 'files', session, files: transcriptFiles(format, content) };
  }

  async find(guildId: string, open: OpenChannels | undefined, words: string): Promise<FindOutcome> {
    const found = open && (await this.search({ guildId, words, limit: mostFound }, open));
    if (!found) return { kind: 'unread' };
    if (found.length === 0) return { kind: 'none' };
    return { kind: 'found', lines: found.map(quotedLine) };
  }

  /**
   * Channels that this person may open; undefined where that cannot be read, which is reported to the operator. What was said a
   * moment ago is written first, so that it is found.
   */
  async openTo(guildId: string, personId: string): Promise<OpenChannels | undefined> {
    return await this.#settled(guildId, () => openTo(personId, guildId, this.#parts));
  }

  /** These channels alone. As `openTo`. */
  async inChannels(
    guildId: string,
    channelIds: readonly string[],
  ): Promise<OpenChannels | undefined> {
    return await this.#settled(guildId, async () => ({ channelIds }));
  }

  async #settled(
    guildId: string,
    read: () => Promise<OpenChannels>,
  ): Promise<OpenChannels | undefined> {
    const captions = this.#captions(guildId);
    await Promise.all(captions.map(({ recorder }) => recorder?.settled()));
    return await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
  }

  /** Captions of the sessions that go on. */
  #captions(guildId: string): readonly SessionCaptions[] {
    return this.#sessions
      .sessions(guildId)
      .map(({ context }) => context.features.of(SessionCaptions));
  }

  /** The session of that id, or the last one; undefined where it cannot be read. */
  async session(
    guildId: string,
    open: OpenChannels,
    sessionId: string | undefined,
  ): Promise<
    | { readonly kind: 'found'; readonly session: ListedSession }
    | { readonly kind: 'none' }
    | undefined
  > {
    const sessions = await this.sessions(guildId, open);
    if (!sessions) return undefined;
    const session = sessions.find(({ id }) => sessionId === undefined || id === sessionId);
    return session ? { kind: 'found', session } : { kind: 'none' };
  }

  /** The session that goes on, or else the last one; `now`: only the one that goes on; `last`: the last one before it. */
  async sessionAbout(
    guildId: string,
    open: OpenChannels,
    about: string,
  ): Promise<ListedSession | 'none' | undefined> {
    const sessions = await this.sessions(guildId, open);
    const live = this.#captions(guildId).map(({ recorder }) => recorder?.session.id);
    const isLive = ({ id }: ListedSession) => live.includes(id);
    const found =
      about === 'last'
        ? sessions?.find((session) => !isLive(session))
        : (sessions?.find(isLive) ?? (about === 'now' ? undefined : sessions?.[0]));
    return sessions && (found ?? 'none');
  }

  /** Time at which a person came into the channel of a session that goes on, in ms since its start; 0 where that is not known. */
  cameAtMs({ id, guildId }: TranscriptSession, personId: string): number {
    return Math.max(0, ...this.#captions(guildId).map((one) => one.cameAtMs(id, personId)));
  }

  /** Lines of a session in order of speech; undefined where they cannot be read. */
  async lines(
    session: TranscriptSession,
    open: OpenChannels,
    range: LineRange = {},
  ): Promise<readonly TranscriptLine[] | undefined> {
    const { guildId, id } = session;
    const read = () => this.#all(({ reader }) => reader.lines(id, open, range));
    return await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
  }

  /** Best first; undefined where they cannot be read. */
  async search(
    search: Parameters<SearchOf>[0],
    open: OpenChannels,
  ): Promise<readonly FoundLine[] | undefined> {
    const read = () => this.#all(({ reader }) => reader.search(search, open));
    const found = await withStoreTimeout(search.guildId, this.#parts, 'store.unreadable', read);
    return found?.slice(0, search.limit);
  }

  /** From both stores, the one on disk first. */
  async #all<T>(read: (store: StoreOf) => Promise<readonly T[]>): Promise<readonly T[]> {
    return (await Promise.all(allStores(this.#parts.transcripts).map(read))).flat();
  }
}

type StoreOf = ReturnType<typeof allStores>[number];
type SearchOf = StoreOf['reader']['search'];

/** A stored line as it is quoted: on one line, so that no words pass for a quotation of another person. */
export function quotedLine({ line, session }: FoundLine): QuotedLine {
  const { speaker, startMs, text, post } = line;
  const link = post && messageLink(session.guildId, post);
  return {
    name: visibleLine(speaker.name),
    atWallMs: session.startedAtWallMs + startMs,
    text: visibleLine(text),
    link,
  };
}

/** A point of a recap, with the line that it rests on first. */
export function quotedPoint({ kind, text, sources: [source], owner }: RecapPoint): QuotedPoint {
  const named = owner && { owner: visibleLine(owner.name) };
  return { ...quotedLine(source), kind, text, ...named };
}
