import type { SessionCaptions } from '#src/features/captions/session-captions.ts';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import type {
  FoundLine,
  LineRange,
  ListedSession,
  OpenChannels,
  TranscriptSearch,
} from '#src/features/captions/transcript-store-types.ts';
import { mayOpen } from '#src/ports/caption-chats.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { knownLocale } from '#src/texts/texts.ts';
import { allStores, type CaptionParts } from './disk-and-memory-stores.ts';

/** Reader of transcripts: a person, by their id, or a program, by the channels that its token names. */
export type Reader = string | readonly string[];

/** Sessions offered at most. */
const mostSessions = 25;
/** Lifetime, in ms, of the list of servers that keep transcripts. */
const believedMs = 60_000;

/** Lookup of transcripts, limited to lines that their reader may know. Errors: BotError `store.unreadable`. */
export class TranscriptLookup {
  readonly #parts: CaptionParts;
  readonly #sessions: VoiceSessions;
  #guildIds: ReadonlySet<string> = new Set();
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: CaptionParts, sessions: VoiceSessions) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  /** IANA name of the zone in which this server reads times. */
  timeZoneIn(guildId: string): string {
    return this.#sessions.settings.in(guildId).timeZone;
  }

  /** Language in which most of these lines are, as a BCP 47 tag, if there are texts in it; else that of the server. */
  languageOf(guildId: string, lines: readonly TranscriptLine[]): string {
    const byLanguage = Map.groupBy(lines, ({ language }) => knownLocale(language));
    byLanguage.delete(undefined);
    const [most] = [...byLanguage].toSorted(([, one], [, other]) => other.length - one.length);
    const { language } = this.#sessions.settings.in(guildId);
    return most?.[0] ?? knownLocale(language) ?? this.#parts.places.localeIn(guildId);
  }

  /** Whether something is kept of this server, as was known a moment ago. Waits for nothing: it reads the store for the next call. */
  has(guildId: string): boolean {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs - this.#checkedAtMs >= believedMs) {
      this.#checkedAtMs = nowMs;
      const reading = this.#all(({ reader }) => reader.guilds());
      void reading.then(
        (found) => {
          this.#guildIds = new Set(found);
        },
        () => undefined, // a lookup reports it
      );
    }
    return this.#guildIds.has(guildId);
  }

  /** Channels that this reader may open, and the deleted ones. What was said a moment ago is written first, so that it is found. */
  async openTo(guildId: string, reader: Reader): Promise<OpenChannels> {
    await Promise.all(this.#captions(guildId).map(({ recorder }) => recorder?.settled()));
    if (typeof reader !== 'string') return { channelIds: reader };
    const all = [...new Set(await this.#all((store) => store.reader.channels(guildId)))];
    const may = await Promise.all(all.map((id) => mayOpen(guildId, reader, id, this.#parts)));
    const those = (answer: 'yes' | 'gone') => all.filter((_, n) => may[n] === answer);
    return {
      channelIds: those('yes'),
      own: { personId: reader, goneChannelIds: those('gone') },
    };
  }

  /** Newest first, at most 25. */
  async sessions(guildId: string, open: OpenChannels): Promise<readonly ListedSession[]> {
    const all = await this.#all(({ reader }) => reader.sessions(guildId, open, mostSessions));
    return all
      .toSorted((one, other) => other.startedAtWallMs - one.startedAtWallMs)
      .slice(0, mostSessions);
  }

  /**
   * The session of that id; `this`: the one that goes on, or else the last one; `now`: only the one that goes on; `last`: the
   * last one before it; left out: the last one.
   */
  async session(
    guildId: string,
    open: OpenChannels,
    about?: string,
  ): Promise<ListedSession | undefined> {
    const sessions = await this.sessions(guildId, open);
    const live = this.#captions(guildId).map(({ recorder }) => recorder?.session.id);
    const current = sessions.find(({ id }) => live.includes(id));
    switch (about) {
      case undefined:
        return sessions[0];
      case 'this':
        return current ?? sessions[0];
      case 'now':
        return current;
      case 'last':
        return sessions.find(({ id }) => !live.includes(id));
      default:
        return sessions.find(({ id }) => id === about);
    }
  }

  /** Time at which a person came into the channel of a session that goes on, in ms since its start; 0 where that is not known. */
  cameAtMs({ id, guildId }: TranscriptSession, personId: string): number {
    return Math.max(0, ...this.#captions(guildId).map((one) => one.cameAtMs(id, personId)));
  }

  /** Lines of a session in order of speech. */
  lines(
    { id }: TranscriptSession,
    open: OpenChannels,
    range: LineRange = {},
  ): Promise<readonly TranscriptLine[]> {
    return this.#all(({ reader }) => reader.lines(id, open, range));
  }

  /** Best first. */
  async search(search: TranscriptSearch, open: OpenChannels): Promise<readonly FoundLine[]> {
    const found = await this.#all(({ reader }) => reader.search(search, open));
    return found.slice(0, search.limit);
  }

  /** Captions of the sessions that go on. */
  #captions(guildId: string): readonly SessionCaptions[] {
    return this.#sessions
      .sessions(guildId)
      .map(({ context }) => context.features.sessions.captions);
  }

  /** From both stores, the one on disk first. */
  async #all<T>(read: (store: TranscriptPorts) => Promise<readonly T[]>): Promise<readonly T[]> {
    return (await Promise.all(allStores(this.#parts.transcripts).map(read))).flat();
  }
}
