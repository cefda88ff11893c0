import { realClock } from '#src/base/clock.ts';
import { renderMessage } from '#src/captions/live/line-rendering.ts';
import type { KeptDays, ServerShare } from '#src/captions/transcript-store.ts';
import type { Config } from '#src/config/types.ts';
import { captionTexts } from '#src/session/captions/caption-texts.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { TranscriptCleanup } from '#src/session/transcripts/transcript-cleanup.ts';
import { allStores, type TranscriptStores } from '#src/session/transcripts/transcript-stores.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';
import { isOnShard } from '#src/shards/ownership.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import {
  openPassingTranscripts,
  openTranscripts,
} from '#src/storage/transcripts/open-transcripts.ts';
import type { TranscriptStore } from '#src/storage/transcripts/transcript-store.ts';
import type { BotOptions } from './bot-options.ts';

/**
 * Opens the transcripts on disk, or in the database of the store, and in memory; their trouble is reported to the operator.
 * Closing them leaves `pool` open.
 */
export async function openTranscriptStores(
  { dataDir }: Pick<Config, 'dataDir'>,
  pool: PostgresPool | undefined,
  report: Pick<BotOptions, 'onDiscord' | 'onStore'>,
): Promise<TranscriptStores & AsyncDisposable> {
  const onDisk = pool ? await inDatabase(pool, report) : inFile(dataDir, report);
  const inMemory = openPassingTranscripts(realClock);
  return {
    onDisk,
    inMemory,
    async [Symbol.asyncDispose]() {
      await Promise.all([onDisk, inMemory].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

async function inDatabase(
  pool: PostgresPool,
  { onStore }: Pick<BotOptions, 'onStore'>,
): Promise<TranscriptStore> {
  // Nothing of it is loaded where it is not used.
  const { openPostgresTranscripts } = await import(
    '#src/storage/postgres/transcripts/postgres-transcripts.ts'
  );
  return openPostgresTranscripts(pool, realClock, onStore);
}

function inFile(
  dataDir: string,
  { onDiscord, onStore }: Pick<BotOptions, 'onDiscord' | 'onStore'>,
): TranscriptStore {
  return openTranscripts(dataDir, realClock, (event) => {
    if (event.kind === 'alert') onStore(event);
    if (event.kind !== 'refused') return;
    onDiscord({ kind: 'warning', message: event.error.message, cause: event.error });
  });
}

/** Opens the cleanup that erases captions of a shard whose time is over, and changes the messages that showed them. */
export function openCleanup(
  parts: SessionDependencies,
  sessions: VoiceSessions,
  { isFirst, shard }: { readonly isFirst: boolean; readonly shard: ServerShare },
  signal: AbortSignal,
): TranscriptCleanup {
  const captionsIn = (guildId: string) =>
    sessions.sessions(guildId).map(({ context }) => context.captions);
  const { id, count } = shard;
  const cleanup = new TranscriptCleanup({
    parts,
    endsOpenSessions: isFirst,
    shard: { id, count }, // data, as it crosses to the store's thread
    keptDays: () => keptDaysOf(parts, sessions, shard),
    render: ({ message, lines }) =>
      renderMessage(message.messageId, lines, captionTexts(message.guildId, parts)),
    isLive: ({ guildId, messageId }) => captionsIn(guildId).some((one) => one.owns(messageId)),
    onDeleted: (messageIds) => {
      for (const { context } of sessions.all()) context.captions.messagesDeleted(messageIds);
    },
  });
  void cleanup.run(signal);
  return cleanup;
}

/**
 * Where a server's settings cannot be read, or another shard knows them, its captions are kept as long as any server may keep
 * them.
 */
const longestDays = 365;

async function keptDaysOf(
  { transcripts }: Pick<SessionDependencies, 'transcripts'>,
  { settings }: Pick<VoiceSessions, 'settings'>,
  shard: ServerShare,
): Promise<KeptDays> {
  const guildIds = await Promise.all(allStores(transcripts).map(({ reader }) => reader.guilds()));
  const byGuild: Record<string, number> = {};
  for (const guildId of new Set(guildIds.flat())) {
    if (!isOnShard(guildId, shard)) continue;
    const isRead = await settings.load(guildId);
    byGuild[guildId] = isRead ? settings.in(guildId).captionsDays : longestDays;
  }
  return { standard: longestDays, byGuild };
}
