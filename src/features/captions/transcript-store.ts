import type { MessagePlace } from '#src/conversation/ports/desired-message.ts';
import type { Memory } from '#src/features/memories/memory-store.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import type { Presence, TranscriptLine, TranscriptSession } from './transcript-line.ts';

/** Person that lines may be shown to, and the places of captions that they may open now; none where `catch_up` is off. */
export type Viewer = {
  readonly personId: string;
  readonly openPlaceIds: readonly string[];
  /** Further times at which they sat there, besides the stored ones: of a person in the channel now who did not agree. */
  readonly unstored?: readonly Presence[];
};

/**
 * Whom found lines reach: every one of these people must be allowed to know each line (rule of `visibility.ts`).
 * Never empty.
 */
export type Audience = readonly [Viewer, ...Viewer[]];

/** Writes what was said. Errors: BotError `store.unwritable`. */
export interface TranscriptWriter {
  /** Adds a session, or changes the one of that id. */
  putSession(session: TranscriptSession): Promise<void>;
  /** Adds lines, or replaces those of the same session and number. */
  putLines(lines: readonly TranscriptLine[]): Promise<void>;
  /** Adds a presence, or replaces that of the same session, person and `fromMs`. */
  putPresences(presences: readonly Presence[]): Promise<void>;
  /**
   * Ends sessions of a killed process at their last line or presence.
   * The last messages of those, and all of sessions that are not in this store, are outdated: they may show words that are
   * not kept.
   */
  endOpenSessions(): Promise<void>;
}

/** Finds what was said. What the audience may not know is not told of in any way. Errors: BotError `store.unreadable`. */
export interface TranscriptReader {
  /** Newest first, at most `limit`; only those with a line the audience may know. */
  sessions(guildId: string, audience: Audience, limit: number): Promise<readonly ListedSession[]>;
  /** In order of speech. */
  lines(
    sessionId: string,
    audience: Audience,
    range?: LineRange,
  ): Promise<readonly TranscriptLine[]>;
  /** Best first, at most `limit`. */
  search(search: TranscriptSearch, audience: Audience): Promise<readonly FoundLine[]>;
  /** Latest session of that voice channel, for resuming it. Its lines may be shown only after `mayKnow`. */
  latest(guildId: string, channelId: string): Promise<ResumableSession | undefined>;
  /** Servers of which something is kept. */
  guilds(): Promise<readonly string[]>;
  /** Places in which captions of this server were posted. */
  places(guildId: string): Promise<readonly string[]>;
}

/** A session as it was left. */
export type ResumableSession = {
  readonly session: TranscriptSession;
  readonly lastNumber: number;
  /** End of the last line or presence, in ms since its start. */
  readonly lastMs: number;
  /** Those of its last 15 minutes, in order of speech. */
  readonly lines: readonly TranscriptLine[];
  readonly presences: readonly Presence[];
};

export type ListedSession = TranscriptSession & {
  /** Number of lines that the audience may know. */
  readonly lineCount: number;
};

/** Part of a session, in ms since its start. */
export type LineRange = { readonly fromMs?: number; readonly toMs?: number };

export type TranscriptSearch = {
  readonly guildId: string;
  /** Words as they were typed or asked. */
  readonly words: string;
  readonly limit: number;
  /** Only lines of this session. */
  readonly sessionId?: string;
  /** Only lines begun within these instants of the wall clock. */
  readonly fromWallMs?: number;
  readonly toWallMs?: number;
};

export type FoundLine = { readonly line: TranscriptLine; readonly session: TranscriptSession };

/** Lines that are gone, and messages that still show some of them. */
export type ErasedLines = { readonly count: number; readonly messages: readonly MessagePlace[] };

/**
 * Erases what was said, so that no byte of it is left in the file. What a message still shows of it is noted with it:
 * `CaptionMessageStore.outdated` tells of it until it was written anew, also after a restart.
 * Errors: BotError `store.unwritable`.
 */
export interface TranscriptEraser {
  /** Lines older than their server keeps them, brief ones after 24 h, and sessions without a line or a person in them. */
  expire(nowWallMs: number, keptDays: KeptDays): Promise<ErasedLines>;
  /** All about a person in a server: lines, answers to them, presences, memories by or about them; or only of one session. */
  forget(guildId: string, personId: string, sessionId?: string): Promise<ErasedLines>;
  forgetLines(sessionId: string, numbers: readonly number[]): Promise<ErasedLines>;
  /** Lines of which these messages, which are deleted, showed something. */
  forgetMessages(messageIds: readonly string[]): Promise<ErasedLines>;
  /** Everything of a server. */
  forgetGuild(guildId: string): Promise<ErasedLines>;
}

/** Days that lines are kept, by server; `standard` for the others. 0: until 15 minutes after the end of their session. */
export type KeptDays = {
  readonly standard: number;
  readonly byGuild: Readonly<Record<string, number>>;
};

/** Records about one person. Errors: BotError `store.unreadable`. */
export interface PersonRecords {
  count(
    guildId: string,
    personId: string,
  ): Promise<{ readonly lines: number; readonly memories: number }>;
  /** Every line of theirs, answers to them, presences and memories by or about them. */
  all(guildId: string, personId: string): Promise<PersonExport>;
}

export type PersonExport = {
  readonly sessions: readonly TranscriptSession[];
  readonly lines: readonly TranscriptLine[];
  readonly presences: readonly Presence[];
  readonly memories: readonly Memory[];
};

/** A message of captions in a chat: no words, only where it stands. */
export type CaptionMessage = MessagePlace & {
  readonly guildId: string;
  readonly sessionId: string;
  readonly postedAtWallMs: number;
};

/** Which messages show captions, so that what is forgotten also goes from there. Errors: BotError `store.*`. */
export interface CaptionMessageStore {
  put(message: CaptionMessage): Promise<void>;
  /**
   * Those that show lines which are gone, each with the lines it is to show; none: it is to be deleted. Only of servers of one
   * shard, where others are served elsewhere.
   */
  outdated(limit: number, shard?: ServerShare): Promise<readonly OutdatedMessage[]>;
  /** It shows what it should, or is gone; it is not told of as outdated any more. */
  settled(messageId: string, isGone: boolean): Promise<void>;
}

export type OutdatedMessage = {
  readonly message: CaptionMessage;
  readonly lines: readonly TranscriptLine[];
};
