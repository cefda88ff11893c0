import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/periodic-task.ts';
import { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import type { TranscriptStore } from '#src/storage/transcripts/transcript-store.ts';
import { noteAlive } from './abandoned-sessions.ts';
import { PostgresCaptionMessages } from './caption-messages.ts';
import { PostgresEraser } from './eraser.ts';
import { PostgresMemories } from './memories.ts';
import { PostgresPersonRecords } from './person-records.ts';
import { PostgresReader } from './reader.ts';
import { SessionLanes } from './session-lanes.ts';
import { PostgresWriter } from './writer.ts';

/** Time, in ms, between two notes that the process is alive. It owns its sessions until no note came for 15 minutes. */
const aliveMs = 30_000;

/** Transcripts in a database whose schema is of the present format. Closing them leaves the pool open. */
export function openPostgresTranscripts(
  pool: PostgresPool,
  clock: Clock,
  report: (change: AlertChange) => void,
): TranscriptStore {
  const database = new OrderedDatabase(pool, clock);
  const lanes = new SessionLanes();
  const over = new AbortController();
  const reporting = runPeriodically(
    {
      name: 'heartbeat of transcripts',
      clock,
      everyMs: aliveMs,
      firstAfterMs: aliveMs,
      run: () => pool.write((connection) => noteAlive(connection, database.writer)),
      report,
    },
    over.signal,
  );
  return {
    writer: new PostgresWriter(database, clock, lanes),
    reader: new PostgresReader(database),
    eraser: new PostgresEraser(database, lanes),
    records: new PostgresPersonRecords(database),
    messages: new PostgresCaptionMessages(database),
    memories: new PostgresMemories(database),
    async probe() {
      const sql = "UPDATE parley_schema SET version = version WHERE part = 'transcripts'";
      await pool.write((connection) => connection.run(sql));
    },
    async [Symbol.asyncDispose]() {
      over.abort(new Error('closed'));
      await reporting;
      await database.settle();
      // No process owns its open sessions now.
      const sql = 'DELETE FROM transcript_writers WHERE id = $1';
      await pool.write((connection) => connection.run(sql, [database.writer])).catch(ignore);
    },
  };
}

function ignore(): void {}
