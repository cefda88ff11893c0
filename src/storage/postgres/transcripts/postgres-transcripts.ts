import sql from 'sql-template-tag';
import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/periodic-task.ts';
import { noteAlive } from '#src/features/captions/store/row-ownership-by-process.ts';
import { transcriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import { TsvectorIndex } from '#src/features/captions/store/tsvector-index.ts';
import { eraseMs } from '#src/sql/store-database.ts';
import { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import type { TranscriptStore } from '#src/storage/transcripts/transcripts-path.ts';

/** Time, in ms, between two notes that the process is alive. It owns its sessions until no note came for 15 minutes. */
const aliveMs = 30_000;

/** Transcripts in a database whose schema is of the present format. Closing them leaves the pool open. */
export function openPostgresTranscripts(
  pool: PostgresPool,
  clock: Clock,
  report: (change: AlertChange) => void,
): TranscriptStore {
  const database = new OrderedDatabase(pool, clock);
  const over = new AbortController();
  const reporting = runPeriodically(
    {
      name: 'heartbeat of transcripts',
      clock,
      everyMs: aliveMs,
      firstAfterMs: aliveMs,
      run: () => database.writeNow(noteAlive),
      report,
    },
    over.signal,
  );
  return {
    ...transcriptPorts(database, clock, {
      index: new TsvectorIndex(),
      async writeErasure(lanes, portion, isMore) {
        if (lanes) return await database.writeInPortions(lanes, portion, isMore, eraseMs);
        while (isMore(await database.writeNow(portion, [], eraseMs)));
      },
    }),
    async probe() {
      await pool.write((connection) =>
        connection.run(sql`UPDATE parley_schema SET version = version WHERE part = 'transcripts'`),
      );
    },
    async [Symbol.asyncDispose]() {
      over.abort(new Error('closed'));
      await reporting;
      await database.settle();
      // No process owns its open sessions now.
      const left = sql`DELETE FROM transcript_writers WHERE id = ${database.writer}`;
      await pool.write((connection) => connection.run(left)).catch(ignore);
    },
  };
}

function ignore(): void {}
