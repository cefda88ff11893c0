import { realClock } from '#src/base/clock.ts';
import { renderMessage } from '#src/captions/live/line-rendering.ts';
import type { KeptDays } from '#src/captions/transcript-store.ts';
import type { Config } from '#src/config/types.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { captionTexts } from '#src/session/captions/caption-texts.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { TranscriptCleanup } from '#src/session/transcripts/transcript-cleanup.ts';
import { allStores, type TranscriptStores } from '#src/session/transcripts/transcript-stores.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';
import {
  openPassingTranscripts,
  openTranscripts,
} from '#src/storage/transcripts/open-transcripts.ts';

/** Transcripts on disk and in memory; what is wrong with them is told to the operator. */
export function openTranscriptStores(
  { dataDir }: Pick<Config, 'dataDir'>,
  tell: (event: DiscordEvent) => void,
): TranscriptStores & AsyncDisposable {
  const onDisk = openTranscripts(dataDir, realClock, (event) => {
    if (event.kind !== 'refused') return;
    tell({ kind: 'warning', message: event.error.message, cause: event.error });
  });
  const inMemory = openPassingTranscripts(realClock);
  return {
    onDisk,
    inMemory,
    async [Symbol.asyncDispose]() {
      await Promise.all([onDisk, inMemory].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

/** What erases captions whose time is over, and changes the messages that showed them. */
export function openCleanup(
  parts: SessionDependencies,
  sessions: VoiceSessions,
  endsOpenSessions: boolean,
  signal: AbortSignal,
): TranscriptCleanup {
  const captionsIn = (guildId: string) =>
    sessions.sessions(guildId).map(({ context }) => context.captions);
  const cleanup = new TranscriptCleanup({
    parts,
    endsOpenSessions,
    keptDays: () => keptDaysOf(parts, sessions),
    render: ({ message, lines }) =>
      renderMessage(message.messageId, lines, captionTexts(message.guildId, parts)),
    isLive: ({ guildId, messageId }) => captionsIn(guildId).some((one) => one.owns(messageId)),
    onDeleted: (messageIds) => {
      for (const { context } of sessions.all()) context.captions.messagesDeleted(messageIds);
    },
  });
  void cleanup.run(signal).catch(() => undefined); // ends with its signal
  return cleanup;
}

/** Where a server's settings cannot be read, its captions are kept as long as any server may keep them. */
const longestDays = 365;

async function keptDaysOf(
  { transcripts }: Pick<SessionDependencies, 'transcripts'>,
  { settings }: Pick<VoiceSessions, 'settings'>,
): Promise<KeptDays> {
  const guildIds = await Promise.all(allStores(transcripts).map(({ reader }) => reader.guilds()));
  const byGuild: Record<string, number> = {};
  for (const guildId of new Set(guildIds.flat())) {
    const isRead = await settings.load(guildId);
    byGuild[guildId] = isRead ? settings.in(guildId).captionsDays : longestDays;
  }
  return { standard: longestDays, byGuild };
}
