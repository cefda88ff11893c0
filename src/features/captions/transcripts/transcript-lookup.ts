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
import {
  peopleIn,
  type TranscriptLine,
  type TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import type {
  Audience,
  FoundLine,
  LineRange,
  ListedSession,
} from '#src/features/captions/transcript-store-types.ts';
import {
  captionsIn,
  type KnownBy,
  knownByAll,
  knownByPeople,
} from '#src/people/confidential-text.ts';
import { knownLocale } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import type { CaptionParts } from './disk-and-memory-stores.ts';
import { allStores } from './disk-and-memory-stores.ts';
import { type AudienceRules, audienceOf, audienceOfManagers } from './transcript-audience.ts';

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

  async sessions(guildId: string, personId: string): Promise<readonly ListedSession[]> {
    const audience = await this.audience(guildId, [personId]);
    return audience ? ((await this.#sessionsFor(guildId, audience)) ?? []) : [];
  }

  async file(guildId: string, personId: string, request: FileRequest): Promise<TranscriptOutcome> {
    return await this.#fileFor(guildId, await this.audience(guildId, [personId]), request);
  }

  async sessionsForManagers(guildId: string): Promise<readonly ListedSession[] | undefined> {
    const audience = await this.#managers(guildId);
    return audience && (await this.#sessionsFor(guildId, audience));
  }

  async fileForManagers(guildId: string, request: FileRequest): Promise<TranscriptOutcome> {
    return await this.#fileFor(guildId, await this.#managers(guildId), request);
  }

  async #fileFor(
    guildId: string,
    audience: Audience | undefined,
    { format, sessionId }: FileRequest,
  ): Promise<TranscriptOutcome> {
    const picked = audience && (await this.session(guildId, audience, sessionId));
    if (!audience || !picked) return { kind: 'unread' };
    if (picked.kind === 'none') return picked;
    const { session } = picked;
    const lines = await this.lines(session, audience);
    if (!lines) return { kind: 'unread' };
    const { places } = this.#parts;
    const timeZone = this.timeZoneIn(guildId);
    const content = { session, lines, timeZone, locale: places.localeIn(guildId) };
    return { kind: 'files', session, files: transcriptFiles(format, content) };
  }

  async find(guildId: string, personId: string, words: string): Promise<FindOutcome> {
    const audience = await this.audience(guildId, [personId]);
    const found = audience && (await this.search({ guildId, words, limit: mostFound }, audience));
    if (!audience || !found) return { kind: 'unread' };
    if (found.length === 0) return { kind: 'none' };
    return { kind: 'found', ...quotedFor(audience, found) };
  }

  /**
   * These people, with what each may open; undefined where that cannot be read, which is reported to the operator. What was said a
   * moment ago is written first, so that it is found.
   */
  async audience(guildId: string, personIds: readonly string[]): Promise<Audience | undefined> {
    return await this.#withRules(guildId, (rules) => audienceOf(personIds, rules, this.#parts));
  }

  #managers(guildId: string): Promise<Audience | undefined> {
    return this.#withRules(guildId, (rules) => audienceOfManagers(rules, this.#parts));
  }

  async #withRules(
    guildId: string,
    read: (rules: AudienceRules) => Promise<Audience | undefined>,
  ): Promise<Audience | undefined> {
    await this.#sessions.settings.load(guildId);
    const settings = this.#sessions.settings.in(guildId);
    const captions = this.#sessions
      .sessions(guildId)
      .map(({ context }) => context.features.of(SessionCaptions));
    await Promise.all(captions.map(({ recorder }) => recorder?.settled()));
    const unstored = captions.flatMap(({ presences }) => presences);
    const rules = { guildId, settings, unstored };
    return await withStoreTimeout(guildId, this.#parts, 'store.unreadable', () => read(rules));
  }

  /** The session of that id, or the last one; undefined where it cannot be read. */
  async session(
    guildId: string,
    audience: Audience,
    sessionId: string | undefined,
  ): Promise<
    | { readonly kind: 'found'; readonly session: ListedSession }
    | { readonly kind: 'none' }
    | undefined
  > {
    const sessions = await this.#sessionsFor(guildId, audience);
    if (!sessions) return undefined;
    const session = sessions.find(({ id }) => sessionId === undefined || id === sessionId);
    return session ? { kind: 'found', session } : { kind: 'none' };
  }

  /** The session that goes on, or else the last one; `now`: only the one that goes on; `last`: the last one before it. */
  async sessionAbout(
    guildId: string,
    audience: Audience,
    about: string,
  ): Promise<ListedSession | 'none' | undefined> {
    const sessions = await this.#sessionsFor(guildId, audience);
    const live = this.#sessions
      .sessions(guildId)
      .map(({ context }) => context.features.of(SessionCaptions).recorder?.session.id);
    const isLive = ({ id }: ListedSession) => live.includes(id);
    const found =
      about === 'last'
        ? sessions?.find((session) => !isLive(session))
        : (sessions?.find(isLive) ?? (about === 'now' ? undefined : sessions?.[0]));
    return sessions && (found ?? 'none');
  }

  /** Time at which a person came into the channel of a session that goes on, in ms since its start; 0 where that is not known. */
  cameAtMs({ id, guildId }: TranscriptSession, personId: string): number {
    const times = this.#sessions
      .sessions(guildId)
      .flatMap(({ context }) => context.features.of(SessionCaptions).presences)
      .filter((one) => one.sessionId === id && one.personId === personId);
    return times.at(-1)?.fromMs ?? 0;
  }

  /** Lines of a session in order of speech; undefined where they cannot be read. */
  async lines(
    session: TranscriptSession,
    audience: Audience,
    range: LineRange = {},
  ): Promise<readonly TranscriptLine[] | undefined> {
    const { guildId, id } = session;
    const read = () => this.#all(({ reader }) => reader.lines(id, audience, range));
    return await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
  }

  /** Best first; undefined where they cannot be read. */
  async search(
    search: Parameters<SearchOf>[0],
    audience: Audience,
  ): Promise<readonly FoundLine[] | undefined> {
    const read = () => this.#all(({ reader }) => reader.search(search, audience));
    const found = await withStoreTimeout(search.guildId, this.#parts, 'store.unreadable', read);
    return found?.slice(0, search.limit);
  }

  async #sessionsFor(
    guildId: string,
    audience: Audience,
  ): Promise<readonly ListedSession[] | undefined> {
    const read = () => this.#all(({ reader }) => reader.sessions(guildId, audience, mostSessions));
    const all = await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
    return all
      ?.toSorted((one, other) => other.startedAtWallMs - one.startedAtWallMs)
      .slice(0, mostSessions);
  }

  /** From both stores, the one on disk first. */
  async #all<T>(read: (store: StoreOf) => Promise<readonly T[]>): Promise<readonly T[]> {
    return (await Promise.all(allStores(this.#parts.transcripts).map(read))).flat();
  }
}

type StoreOf = ReturnType<typeof allStores>[number];
type SearchOf = StoreOf['reader']['search'];

/** Lines as they are quoted, and those of whom it is known that they may know each: these people, and who may open their places. */
export function quotedFor(
  audience: Audience,
  found: readonly FoundLine[],
): { readonly lines: readonly QuotedLine[]; readonly knownBy: KnownBy } {
  const personIds = audience.map(({ personId }) => personId);
  const isOpen = (placeId: string) => audience.some((one) => one.openPlaceIds.includes(placeId));
  const rules = found.map(({ session: { catchUp, placeId } }) =>
    knownByPeople(personIds, [
      captionsIn(placeId),
      ...(catchUp && isOpen(placeId) ? [placeId] : []),
    ]),
  );
  return { lines: found.map(quotedLine), knownBy: knownByAll(rules) };
}

/** A stored line as it is quoted: on one line, so that no words pass for a quotation of another person. */
function quotedLine({ line, session }: FoundLine): QuotedLine {
  const { speaker, startMs, text, post } = line;
  const link = post && messageLink(session.guildId, post);
  return {
    name: visibleLine(speaker.name),
    atWallMs: session.startedAtWallMs + startMs,
    text: visibleLine(text),
    aboutIds: peopleIn(speaker),
    ...(link !== undefined && { link }),
  };
}

/** A point of a recap, with the line that it rests on first. */
export function quotedPoint({ kind, text, sources: [source], owner }: RecapPoint): QuotedPoint {
  const named = owner && { owner: visibleLine(owner.name) };
  return { ...quotedLine(source), kind, text, ...named };
}
