import { memoryStoreContract } from './memory-store.ts';
import { transcriptErasingContract } from './transcript-erasing.ts';
import { transcriptRestartsContract } from './transcript-restarts.ts';
import type { OpenTranscriptStore } from './transcript-samples.ts';
import { transcriptSearchContract } from './transcript-search.ts';
import { transcriptStoreContract } from './transcript-store.ts';

/** Contract of the store of transcripts and memories. */
export function transcriptContract(name: string, open: OpenTranscriptStore): void {
  transcriptStoreContract(name, open);
  transcriptSearchContract(name, open);
  transcriptErasingContract(name, open);
  transcriptRestartsContract(name, open);
  memoryStoreContract(name, open);
}
