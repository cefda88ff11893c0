import {
  type MessageId,
  type PersonId,
  toChannelId,
  toGuildId,
  toPersonId,
} from '#src/base/ids.ts';
import type {
  ReadableChannels,
  TranscriptLine,
  TranscriptSession,
} from '#src/stores/transcripts/transcript-line.ts';
import type { LocalTranscriptStore } from '#test/fakes/local-stores.ts';

/** Opens an empty store. */
export type OpenTranscriptStore = () => Promise<LocalTranscriptStore>;

export const startedAtWallMs = Date.UTC(2026, 10, 20, 20);

/** A session of server 10 in channel 100, whose captions stand in place 200. */
export function makeSession(
  id: string,
  overrides: Partial<TranscriptSession> = {},
): TranscriptSession {
  return {
    id,
    guildId: toGuildId('10'),
    channelId: toChannelId('100'),
    channelName: 'Lounge',
    placeId: toChannelId('200'),
    startedAtWallMs,
    ...overrides,
  };
}

/** A line of person 1 at second `number`. */
export function makeLine(
  sessionId: string,
  number: number,
  text: string,
  overrides: Partial<TranscriptLine> = {},
): TranscriptLine {
  return {
    sessionId,
    number,
    speaker: { kind: 'person', personId: toPersonId('1'), name: 'Ana' },
    startMs: number * 1_000,
    endMs: number * 1_000 + 800,
    text,
    ...overrides,
  };
}

export function toSpeaker(
  personId: PersonId,
  name = `Person ${personId}`,
): Pick<TranscriptLine, 'speaker'> {
  return { speaker: { kind: 'person', personId, name } };
}

export function toAnswer(...answeredIds: string[]): Pick<TranscriptLine, 'speaker'> {
  return {
    speaker: { kind: 'bot', name: 'Nova', answeredIds: answeredIds.map(toPersonId) },
  };
}

/** Shown by this message. */
export function toMessagePlace(messageId: MessageId): Pick<TranscriptLine, 'post'> {
  return { post: { channelId: toChannelId('200'), messageId } };
}

/** The one shard that has all servers. */
export const onlyShardRange = { id: 0, count: 1 };

/** All channels here. */
export const openSessions: ReadableChannels = {
  channelIds: [
    toChannelId('100'),
    toChannelId('101'),
    toChannelId('102'),
    toChannelId('103'),
  ],
};
