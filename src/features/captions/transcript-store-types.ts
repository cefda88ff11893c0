import type { Memory } from '#src/features/memories/memory-store.ts';
import type { MessagePlace } from '#src/ports/desired-message.ts';
import type { TranscriptLine, TranscriptSession } from './transcript-line.ts';

/** Sessions whose words are let out: those of these channels, and those of deleted channels in which a person has a line. */
export type OpenChannels = {
  readonly channelIds: readonly string[];
  readonly own?: { readonly personId: string; readonly goneChannelIds: readonly string[] };
};

/** A session as it was left. */
export type ResumableSession = {
  readonly session: TranscriptSession;
  /** Those of its last 15 minutes, in order of speech. */
  readonly lines: readonly TranscriptLine[];
};

export type ListedSession = TranscriptSession & {
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

/** Days that lines are kept, by server. 0: until 15 minutes after the end of their session. */
export type KeptDays = Readonly<Record<string, number>>;

export type PersonExport = {
  readonly sessions: readonly TranscriptSession[];
  readonly lines: readonly TranscriptLine[];
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
