import { testMemoryStore } from './memory-store-contract.ts';
import { testNoteStore } from './note-store-contract.ts';
import { testTranscriptErasing } from './transcript-erasing.ts';
import { testTranscriptRestarts } from './transcript-restarts.ts';
import type { OpenTranscriptStore } from './transcript-samples.ts';
import { testTranscriptSearch } from './transcript-search.ts';
import { testTranscriptStore } from './transcript-store-contract.ts';

/** Contract of the store of transcripts, notes and memories. */
export function testTranscripts(name: string, open: OpenTranscriptStore) {
  testTranscriptStore(name, open);
  testTranscriptSearch(name, open);
  testTranscriptErasing(name, open);
  testTranscriptRestarts(name, open);
  testMemoryStore(name, open);
  testNoteStore(name, open);
}
