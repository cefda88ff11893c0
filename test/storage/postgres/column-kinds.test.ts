import { realClock } from '#src/base/clock.ts';
import type { Connection } from '#src/sql/connection.ts';
import { createTables } from '#src/sql/table.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { columnKindsContract, kindTables } from '#test/contracts/stores/column-kinds.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';

withPostgres(() => {
  columnKindsContract('PostgreSQL', async () => {
    await using opening = new AsyncDisposableStack();
    const schema = opening.use(await openSchema());
    await schema.sql(createTables(kindTables, 'postgres'));
    const pool = opening.use(new PostgresPool({ url: schema.url, clock: realClock }));
    const connection = Promise.withResolvers<Connection>();
    const over = Promise.withResolvers<void>();
    const reading = pool.read((one) => {
      connection.resolve(one);
      return over.promise;
    }, 60_000);
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
