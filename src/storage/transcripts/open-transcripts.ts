import { existsSync } from 'node:fs';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { keepStore, type StoreEvent } from '#src/storage/thread/steady-store.ts';
import { perform, type StoreKind, storeOver } from '#src/storage/thread/store-kind.ts';
import { openStore } from '#src/storage/thread/store-thread.ts';
import { type TranscriptStore, transcriptsPath } from './transcripts-path.ts';

/**
 * Transcripts in a file of their own in `dataDir`, in a worker thread of their own. Where there is no file yet, neither
 * is there a thread, and nothing is found; both begin with what is written first.
 *
 * A file that cannot be opened is told of, and tried again once a minute.
 */
export function openTranscripts(
  dataDir: string,
  clock: Clock,
  report: (event: StoreEvent) => void,
): TranscriptStore {
  const path = transcriptsPath(dataDir);
  const open = () => openStore(transcriptStore, path, { clock });
  return whenNeeded(path, () => keepStore(transcriptStore, open, clock, report));
}

/** Transcripts that end with the process, in a worker thread that begins with what is written first. */
export function openPassingTranscripts(clock: Clock): TranscriptStore {
  const path = ':memory:';
  return whenNeeded(path, () => openStore(transcriptStore, path, { clock }));
}

function whenNeeded(path: string, open: () => Promise<TranscriptStore>): TranscriptStore {
  let opening: Promise<TranscriptStore> | undefined;
  let isClosed = false;
  const opened = async () => {
    opening ??= open();
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  return storeOver(
    transcriptStore,
    async (name, args, { code }) => {
      if (isClosed && !opening) throw closed(code, path);
      const absent = opening || existsSync(path) ? undefined : ofNothing[name];
      if (absent) return absent(path);
      return perform(await opened(), name, args);
    },
    async () => {
      isClosed = true;
      const store = await opening?.catch(() => undefined);
      await store?.[Symbol.asyncDispose]();
    },
  );
}

function closed(code: BotError['code'], path: string): BotError {
  return new BotError(code, true, `The store ${path} is closed: start the bot again.`);
}

const nothingErased = () => ({ count: 0, messages: [] });
const none = () => [];

/** Results of operations where nothing was ever written. */
const ofNothing: Readonly<Record<string, (path: string) => unknown>> = {
  'writer.endOpenSessions': () => undefined,
  'reader.sessions': none,
  'reader.lines': none,
  'reader.search': none,
  'reader.latest': () => undefined,
  'reader.channels': none,
  'reader.guilds': none,
  'eraser.expire': nothingErased,
  'eraser.forget': nothingErased,
  'eraser.forgetLines': nothingErased,
  'eraser.forgetMessages': nothingErased,
  'eraser.forgetGuild': nothingErased,
  'records.count': () => ({ lines: 0, memories: 0 }),
  'records.all': () => ({ sessions: [], lines: [], memories: [] }),
  'messages.outdated': none,
  'messages.settled': () => undefined,
  'memories.list': none,
  'memories.remove': () => false,
};

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
    'writer.endOpenSessions': write,
    'reader.sessions': read,
    'reader.lines': read,
    'reader.search': read,
    'reader.latest': read,
    'reader.channels': read,
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
