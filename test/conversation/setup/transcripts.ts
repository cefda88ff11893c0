import type { Clock } from '#src/base/clock.ts';
import { TranscriptStores } from '#src/features/captions/transcripts/disk-and-memory-stores.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';

/** Stores in the memory of this thread, each opened when it is asked first. */
export function memoryTranscripts(clock: Clock): TranscriptStores {
  return new TranscriptStores(lazily(clock), lazily(clock));
}

function lazily(clock: Clock): TranscriptStores['onDisk'] {
  let opened: ReturnType<typeof openLocalTranscripts> | undefined;
  const store = () => {
    opened ??= openLocalTranscripts(':memory:', { clock });
    return opened;
  };
  return {
    writer: {
      putSession: async (...args) => (await store()).writer.putSession(...args),
      putLines: async (...args) => (await store()).writer.putLines(...args),
      endOpenSessions: async (...args) => (await store()).writer.endOpenSessions(...args),
    },
    reader: {
      sessions: async (...args) => (await store()).reader.sessions(...args),
      lines: async (...args) => (await store()).reader.lines(...args),
      search: async (...args) => (await store()).reader.search(...args),
      latest: async (...args) => (await store()).reader.latest(...args),
      guilds: async () => (await store()).reader.guilds(),
      channels: async (...args) => (await store()).reader.channels(...args),
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
