import type { Clock } from '#src/base/clock.ts';
import { renderMessage } from '#src/captions/live/line-rendering.ts';
import { captionTexts } from '#src/session/captions/caption-texts.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { TranscriptCleanup } from '#src/session/transcripts/transcript-cleanup.ts';
import type {
  TranscriptPorts,
  TranscriptStores,
} from '#src/session/transcripts/transcript-stores.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';

/** Stores in the memory of this thread, each opened when it is asked first. */
export function memoryTranscripts(clock: Clock): TranscriptStores {
  return { onDisk: lazily(clock), inMemory: lazily(clock) };
}

/** Erases what is asked to be; nothing expires by itself before it runs. */
export function openCleanup(
  parts: SessionDependencies,
  sessions: VoiceSessions,
): TranscriptCleanup {
  return new TranscriptCleanup({
    endsOpenSessions: true,
    parts,
    keptDays: async () => {
      await sessions.settings.load('g');
      return { standard: 7, byGuild: { g: sessions.settings.in('g').captionsDays } };
    },
    render: ({ message, lines }) =>
      renderMessage(message.messageId, lines, captionTexts(message.guildId, parts)),
    isLive: ({ guildId, messageId }) =>
      sessions.sessions(guildId).some(({ context }) => context.captions.owns(messageId)),
    onDeleted: (messageIds) => {
      for (const { context } of sessions.all()) context.captions.messagesDeleted(messageIds);
    },
  });
}

function lazily(clock: Clock): TranscriptPorts {
  let opened: ReturnType<typeof openLocalTranscripts> | undefined;
  const store = () => {
    opened ??= openLocalTranscripts(':memory:', { clock });
    return opened;
  };
  return {
    writer: {
      putSession: async (...args) => (await store()).writer.putSession(...args),
      putLines: async (...args) => (await store()).writer.putLines(...args),
      putPresences: async (...args) => (await store()).writer.putPresences(...args),
      endOpenSessions: async () => (await store()).writer.endOpenSessions(),
    },
    reader: {
      sessions: async (...args) => (await store()).reader.sessions(...args),
      lines: async (...args) => (await store()).reader.lines(...args),
      search: async (...args) => (await store()).reader.search(...args),
      latest: async (...args) => (await store()).reader.latest(...args),
      guilds: async () => (await store()).reader.guilds(),
      places: async (...args) => (await store()).reader.places(...args),
    },
    eraser: {
      expire: async (...args) => (await store()).eraser.expire(...args),
      forget: async (...args) => (await store()).eraser.forget(...args),
      forgetLines: async (...args) => (await store()).eraser.forgetLines(...args),
      forgetMessages: async (...args) => (await store()).eraser.forgetMessages(...args),
      forgetGuild: async (...args) => (await store()).eraser.forgetGuild(...args),
    },
    records: {
      count: async (...args) => (await store()).records.count(...args),
      all: async (...args) => (await store()).records.all(...args),
    },
    messages: {
      put: async (...args) => (await store()).messages.put(...args),
      outdated: async (...args) => (await store()).messages.outdated(...args),
      settled: async (...args) => (await store()).messages.settled(...args),
    },
    memories: {
      list: async (...args) => (await store()).memories.list(...args),
      add: async (...args) => (await store()).memories.add(...args),
      remove: async (...args) => (await store()).memories.remove(...args),
    },
  };
}
