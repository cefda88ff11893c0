import { existsSync } from 'node:fs';
import { BotError } from '#src/base/errors.ts';
import { migrations, versionOf } from '#src/storage/schema.ts';
import { openReadOnly } from '#src/storage/sqlite.ts';
import { storePath } from '#src/storage/store.ts';
import { migrations as transcriptMigrations } from '#src/storage/transcripts/schema.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcript-store.ts';
import { tooNew } from '#src/storage/trouble.ts';

/** A file of a `DATA_DIR`, and its format: the version of its last migration. */
export type StoreFile = {
  readonly path: string;
  /** Absent where it cannot be read. */
  readonly version?: number;
  /** Latest format that this program reads. */
  readonly known: number;
};

/** Seat in a voice channel as it stands in the store, by the wall clock of the bot's machine. */
export type SeatRow = {
  readonly guildId: string;
  readonly channelId: string;
  readonly sinceWallMs: number;
  /** When its session was last known to live. */
  readonly aliveWallMs: number;
};

const lockWaitMs = 2_000;

/** Those that are there; nothing is written. */
export function storeFiles(dataDir: string): readonly StoreFile[] {
  const files = [
    { path: storePath(dataDir), steps: migrations },
    { path: transcriptsPath(dataDir), steps: transcriptMigrations },
  ];
  return files
    .filter(({ path }) => existsSync(path))
    .map(({ path, steps }) => {
      const known = steps.at(-1)?.version ?? 0;
      const version = versionIn(path);
      return version === undefined ? { path, known } : { path, version, known };
    });
}

/**
 * Refuses a `DATA_DIR` with a store of a later version of this program: without it the bot would forget who said no, and
 * would write nothing. Errors: BotError `store.newer`, a sentence for each such file. A file that cannot be read is passed.
 */
export function refuseNewerStores(dataDir: string): void {
  const sentences = storeFiles(dataDir).flatMap(({ path, version = 0, known }) =>
    version > known ? [tooNew(path, version, known).message] : [],
  );
  if (sentences.length > 0) throw new BotError('store.newer', false, sentences.join('\n'));
}

/** Seats as the bot left them, by server id; none where the store cannot be read. Nothing is written. */
export function seatRows(dataDir: string): readonly SeatRow[] {
  try {
    using sqlite = openReadOnly(storePath(dataDir), lockWaitMs);
    const sql = 'SELECT guild_id, channel_id, since_ms, alive_ms FROM seats ORDER BY guild_id';
    return sqlite
      .prepare(sql)
      .all()
      .map((row) => ({
        guildId: String(row.guild_id),
        channelId: String(row.channel_id),
        sinceWallMs: Number(row.since_ms),
        aliveWallMs: Number(row.alive_ms),
      }));
  } catch {
    return [];
  }
}

function versionIn(path: string): number | undefined {
  try {
    using sqlite = openReadOnly(path, lockWaitMs);
    return versionOf(sqlite);
  } catch {
    return undefined;
  }
}
