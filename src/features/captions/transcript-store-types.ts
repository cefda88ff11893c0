import type { MessagePlace } from '#src/conversation/ports/desired-message.ts';
import type { Memory } from '#src/features/memories/memory-store.ts';
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

/** Days that lines are kept, by server; `standard` for the others. 0: until 15 minutes after the end of their session. */
export type KeptDays = {
  readonly standard: number;
  readonly byGuild: Readonly<Record<string, number>>;
};

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

export type OutdatedMessage = {
  readonly message: CaptionMessage;
  readonly lines: readonly TranscriptLine[];
};
