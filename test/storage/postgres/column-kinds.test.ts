import { sqlConnection } from '#src/sql/connection.ts';
import { createTables } from '#src/sql/table.ts';
import { postgresDriver } from '#src/storage/postgres/postgres-driver.ts';
import { columnKindsContract, kindTables } from '#test/contracts/stores/column-kinds.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';

withPostgres(() => {
  columnKindsContract('PostgreSQL', async () => {
    await using opening = new AsyncDisposableStack();
    const schema = opening.use(await openSchema());
    await schema.sql(createTables(kindTables, 'postgres'));
    const driver = opening.use(postgresDriver({ url: schema.url }));
    const session = await driver.connect();
    opening.defer(() => session.end(false));
    const resources = opening.move();
    return {
      connection: sqlConnection('postgres', session.perform, Date.now),
      wallMs: Date.now,
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  });
});
