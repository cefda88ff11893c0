import { reads, writes } from '#src/sql/store-part.ts';
import type { StoreKind } from '#src/storage/thread/store-kind.ts';
import type { TranscriptStore } from './transcripts-path.ts';

/** The store of transcripts and memories. */
export const transcriptStore: StoreKind<TranscriptStore> = {
  name: 'transcripts',
  operations: {
    'writer.putSession': writes,
    'writer.putLines': writes,
    'writer.endOpenSessions': writes,
    'reader.sessions': reads,
    'reader.lines': reads,
    'reader.search': reads,
    'reader.latest': reads,
    'reader.channels': reads,
    'reader.guilds': reads,
    'eraser.expire': writes,
    'eraser.forget': writes,
    'eraser.forgetLines': writes,
    'eraser.forgetMessages': writes,
    'eraser.forgetGuild': writes,
    'records.count': reads,
    'records.all': reads,
    'messages.put': writes,
    'messages.outdated': reads,
    'messages.settled': writes,
    'memories.list': reads,
    'memories.add': writes,
    'memories.remove': writes,
  },
  alert: 'transcripts-unwritten',
};
