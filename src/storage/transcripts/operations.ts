import type { StoreKind } from '#src/storage/thread/store-kind.ts';
import type { TranscriptStore } from './transcript-store.ts';

/** An operation may stand behind an erasure, which takes seconds where there are a million lines. */
const usualMs = 30_000;
const eraseMs = 120_000;
const read = { code: 'store.unreadable', timeoutMs: usualMs } as const;
const write = { code: 'store.unwritable', timeoutMs: usualMs } as const;
const erase = { code: 'store.unwritable', timeoutMs: eraseMs } as const;

/** The store of transcripts and memories. */
export const transcriptStore: StoreKind<TranscriptStore> = {
  operations: {
    'writer.putSession': write,
    'writer.putLines': write,
    'writer.putPresences': write,
    'writer.endOpenSessions': write,
    'reader.sessions': read,
    'reader.lines': read,
    'reader.search': read,
    'reader.latest': read,
    'reader.places': read,
    'reader.guilds': read,
    'eraser.expire': erase,
    'eraser.forget': erase,
    'eraser.forgetLines': erase,
    'eraser.forgetMessages': erase,
    'eraser.forgetGuild': erase,
    'records.count': read,
    'records.all': read,
    'messages.put': write,
    'messages.outdated': read,
    'messages.settled': write,
    'memories.list': read,
    'memories.add': write,
    'memories.remove': write,
    probe: write,
  },
  alert: 'transcripts-unwritten',
  entry: new URL('./transcripts-worker.ts', import.meta.url),
};
