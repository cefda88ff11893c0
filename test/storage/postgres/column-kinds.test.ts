import { realClock } from '#src/base/clock.ts';
import type { Connection } from '#src/sql/connection.ts';
import { createTables } from '#src/sql/table.ts';
import { transact } from '#src/storage/database.ts';
import { PostgresDriver } from '#src/storage/postgres/postgres-driver.ts';
import { columnKindsContract, kindTables } from '#test/contracts/stores/column-kinds.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';

withPostgres(() => {
  columnKindsContract('PostgreSQL', async () => {
    await using opening = new AsyncDisposableStack();
    const schema = opening.use(await openSchema());
    await schema.sql(createTables(kindTables, 'postgres'));
    const driver = opening.use(new PostgresDriver({ url: schema.url }));
    const connection = Promise.withResolvers<Connection>();
    const over = Promise.withResolvers<void>();
    const until = AbortSignal.timeout(60_000);
    const options = { clock: realClock, code: 'store.unreadable', mode: 'bare' } as const;
    const use = (one: Connection) => {
      connection.resolve(one);
      return over.promise;
    };
    const reading = transact(driver, options, use, until);
    reading.catch(connection.reject);
    opening.defer(() => over.resolve());
    const resources = opening.move();
    return {
      connection: await connection.promise,
      wallMs: Date.now,
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  });
});
