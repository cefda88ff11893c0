import { Connection } from '#src/sql/connection.ts';
import { createTables } from '#src/sql/table.ts';
import { createPostgresDriver } from '#src/storage/postgres/postgres-driver.ts';
import {
  kindTables,
  testColumnKinds,
} from '#test/contracts/stores/column-kinds-contract.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';

withPostgres(() => {
  testColumnKinds('PostgreSQL', async () => {
    await using opening = new AsyncDisposableStack();
    const schema = opening.use(await openSchema());
    await schema.sql(createTables(kindTables, 'postgres'));
    const driver = opening.use(createPostgresDriver({ url: schema.url }));
    const session = await driver.connect();
    opening.defer(() => session.end(false));
    const resources = opening.move();
    return {
      connection: new Connection('postgres', session.perform, Date.now),
      wallMs: Date.now,
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  });
});
