import { existsSync } from 'node:fs';
import { BotError } from '#src/base/errors.ts';
import { migrations, versionOf } from '#src/storage/schema.ts';
import { DatabaseSync } from '#src/storage/sqlite.ts';
import { storePath } from '#src/storage/store.ts';
import { migrations as transcriptMigrations } from '#src/storage/transcripts/schema.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcript-store.ts';
import { tooNew } from '#src/storage/trouble.ts';

const lockWaitMs = 2_000;

/**
 * Refuses a `DATA_DIR` with a store of a later version of this program: without it the bot would forget who said no, and
 * would write nothing. Errors: BotError `store.newer`, a sentence for each such file. A file that cannot be read is passed.
 */
export function refuseNewerStores(dataDir: string): void {
  const files = [
    { path: storePath(dataDir), steps: migrations },
    { path: transcriptsPath(dataDir), steps: transcriptMigrations },
  ];
  const sentences = files.flatMap(({ path, steps }) => {
    const known = steps.at(-1)?.version ?? 0;
    const version = versionIn(path);
    return version > known ? [tooNew(path, version, known).message] : [];
  });
  if (sentences.length > 0) throw new BotError('store.newer', false, sentences.join('\n'));
}

function versionIn(path: string): number {
  if (!existsSync(path)) return 0;
  try {
    using sqlite = new DatabaseSync(path, { readOnly: true, timeout: lockWaitMs });
    return versionOf(sqlite);
  } catch {
    return 0;
  }
}
