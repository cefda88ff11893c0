import type { Connection } from '#src/storage/sql/connection.ts';
import type { StoreDatabase, Work } from '#src/storage/sql/store-database.ts';
import { statementMs } from './connection.ts';
import type { OrderedDatabase } from './ordered-database.ts';
import { readTogether } from './transcripts/rows.ts';

/** PostgreSQL as the database of a store. */
export class PostgresDatabase implements StoreDatabase {
  readonly isShared = true;
  readonly #ordered: OrderedDatabase;

  constructor(ordered: OrderedDatabase) {
    this.#ordered = ordered;
  }

  get place(): string {
    return this.#ordered.pool.place;
  }

  get writer(): string {
    return this.#ordered.writer;
  }

  get isAway(): boolean {
    return this.#ordered.isAway;
  }

  read<T>(lanes: readonly string[], work: Work<T>): Promise<T> {
    return this.#ordered.read(lanes, (connection) => work(connection.portable(this.writer, 0)));
  }

  readPast<T>(lanes: readonly string[], work: Work<T>): Promise<T> {
    return this.#ordered.readPast(lanes, (connection) => work(connection.portable(this.writer, 0)));
  }

  readTogether<T>(work: Work<T>): Promise<T> {
    const { pool } = this.#ordered;
    return readTogether(pool, (connection) => work(connection.portable(this.writer, 0)));
  }

  write<T>(lanes: readonly string[], work: Work<T>, timeoutMs?: number): Promise<T> {
    return this.#ordered.write(
      lanes,
      (connection, ageMs) => work(connection.portable(this.writer, ageMs)),
      timeoutMs,
    );
  }

  writeNow<T>(work: Work<T>, timeoutMs = statementMs): Promise<T> {
    const { pool } = this.#ordered;
    return pool.write((connection) => work(connection.portable(this.writer, 0)), timeoutMs);
  }

  writeOnce<T>(
    lanes: readonly string[],
    work: (connection: Connection, isFirst: boolean) => Promise<T>,
  ): Promise<T> {
    return this.#ordered.writeOnce(lanes, (connection, isFirst) =>
      work(connection.portable(this.writer, 0), isFirst),
    );
  }

  writeInPortions<T>(
    lanes: readonly string[],
    portion: Work<T>,
    isMore: (done: T) => boolean,
    timeoutMs: number,
  ): Promise<void> {
    return this.#ordered.writeInPortions(
      lanes,
      (connection) => portion(connection.portable(this.writer, 0)),
      isMore,
      timeoutMs,
    );
  }

  /** The owner of the database decides when erased bytes leave its disk. */
  async scrub(): Promise<void> {}

  async rewrite(): Promise<void> {}
}
