import type {
  ReadableChannels,
  TranscriptLine,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import type { LocalTranscriptStore } from '#test/fakes/local-stores.ts';

/** Opens an empty store. */
export type OpenTranscriptStore = () => Promise<LocalTranscriptStore>;

export const startedAtWallMs = Date.UTC(2026, 10, 20, 20);

/** A session of server 10 in channel 100, whose captions stand in place 200. */
export function makeSession(
  id: string,
  more: Partial<TranscriptSession> = {},
): TranscriptSession {
  return {
    id,
    guildId: '10',
    channelId: '100',
    channelName: 'Lounge',
    placeId: '200',
    startedAtWallMs,
    ...more,
  };
}

/** A line of person 1 at second `number`. */
export function makeLine(
  sessionId: string,
  number: number,
  text: string,
  more: Partial<TranscriptLine> = {},
): TranscriptLine {
  return {
    sessionId,
    number,
    speaker: { kind: 'person', personId: '1', name: 'Ana' },
    startMs: number * 1_000,
    endMs: number * 1_000 + 800,
    text,
    ...more,
  };
}

export function toSpeaker(
  personId: string,
  name = `Person ${personId}`,
): Pick<TranscriptLine, 'speaker'> {
  return { speaker: { kind: 'person', personId, name } };
}

export function toAnswer(...answeredIds: string[]): Pick<TranscriptLine, 'speaker'> {
  return { speaker: { kind: 'bot', name: 'Nova', answeredIds } };
}

/** Shown by this message. */
export function toMessagePlace(messageId: string): Pick<TranscriptLine, 'post'> {
  return { post: { channelId: '200', messageId } };
}

/** The one shard that has all servers. */
export const onlyShardRange = { id: 0, count: 1 };

/** All channels here. */
export const openSessions: ReadableChannels = {
  channelIds: ['100', '101', '102', '103'],
};
