import { join } from 'node:path';
import type { StoreParts } from './stores/store-parts.ts';

/** Everything that outlives the process. Closing it fails what still waits. */
export type Store = StoreParts & AsyncDisposable;

/** Where the bot and `npm run backup` look for the store. */
export function storePath(dataDir: string): string {
  return join(dataDir, 'parley.db');
}
