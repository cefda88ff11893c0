import sql from 'sql-template-tag';
import type { Clock } from '#src/base/clock.ts';
import { integer } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { clearDeletedBytes, hasDeletedBytes } from '#src/sql/deleted-bytes.ts';
import type { ErasedTrace, Work } from '#src/sql/store-database.ts';
import { createPathTakenError } from '#src/sql/store-errors.ts';

/** Largest file that is rewritten after a deletion. */
const smallBytes = 32 * 2 ** 20;
/** Rewriting holds all servers, so it takes a tenth of the time at most, and nobody waits longer than this for it. */
const [restFactor, maxRestMs] = [9, 20_000];

type ErasedBytesDeps = {
  /** Path for the operator. */
  readonly place: string;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly signal: AbortSignal;
  /** Runs statements outside a transaction, after earlier operations of the file. */
  readonly performBare: (work: Work<void>) => Promise<void>;
};

/** Overwrites erased rows in one SQLite file, if the file notes that rows were deleted. */
export class ErasedBytes {
  readonly #deps: ErasedBytesDeps;
  /** The log may hold erased rows. Unknown at the start, as another program may have kept it from being emptied. */
  #isLogDue = true;
  #lastRewriting: Promise<unknown> = Promise.resolve();
  #waitingRewriting: Promise<void> | undefined;
  #restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: ErasedBytesDeps) {
    this.#deps = deps;
  }

  /** Notes that rows are erased, which the log holds for a while. */
  noteErased(): void {
    this.#isLogDue = true;
  }

  /** Overwrites rows that were erased before. Calls that wait share one rewriting. Throws BotError `store.*`. */
  async overwrite(leaves: ErasedTrace): Promise<void> {
    if (leaves === 'no byte') {
      this.#waitingRewriting ??= this.#rewriteInTurn();
      await this.#waitingRewriting;
    }
    await this.#emptyLog();
  }

  async #rewriteInTurn() {
    const { clock, signal } = this.#deps;
    await this.#lastRewriting;
    const restMs = this.#restsUntilMs - clock.nowMs();
    if (restMs > 0) await clock.sleep(restMs, signal).catch(() => undefined);
    // Rows that are erased from here on may be too late for this rewriting.
    this.#waitingRewriting = undefined;
    const rewriting = this.#deps.performBare((connection) => this.#rewrite(connection));
    this.#lastRewriting = rewriting.catch(() => undefined);
    await rewriting;
  }

  async #rewrite(connection: Connection) {
    if (!(await hasDeletedBytes(connection))) return;
    const { clock } = this.#deps;
    const startedMs = clock.nowMs();
    const [file] = await connection.rows(
      { bytes: integer },
      sql`SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size`,
    );
    this.#isLogDue = true;
    if (file && file.bytes <= smallBytes) await connection.run(sql`VACUUM`);
    await clearDeletedBytes(connection);
    const tookMs = clock.nowMs() - startedMs;
    this.#restsUntilMs = clock.nowMs() + Math.min(maxRestMs, restFactor * tookMs);
  }

  async #emptyLog() {
    if (!this.#isLogDue) return;
    await this.#deps.performBare(async (connection) => {
      if (!this.#isLogDue) return;
      const [log] = await connection.rows(
        { busy: integer },
        sql`PRAGMA wal_checkpoint(TRUNCATE)`,
      );
      if (log?.busy === 1) throw createPathTakenError(this.#deps.place); // A reader elsewhere may be busy.
      this.#isLogDue = false;
    });
  }
}
