import { join } from 'node:path';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';

/** Store of transcripts and memories. Closing it fails operations that still wait. */
export type TranscriptStore = TranscriptPorts & AsyncDisposable;

/** Where the bot and `npm run backup` look for transcripts: a file of their own, so that a full one costs no consent. */
export function transcriptsPath(dataDir: string): string {
  return join(dataDir, 'transcripts.db');
}
