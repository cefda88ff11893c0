import pg from 'pg';
import { createTables } from '#src/sql/create-table.ts';
import { PostgresConnection } from '#src/storage/postgres/postgres-connection.ts';
import { columnKindsContract, kindTables } from '#test/contracts/stores/column-kinds.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';

withPostgres(() => {
  columnKindsContract('PostgreSQL', async () => {
    const schema = await openSchema();
    await schema.sql(createTables(kindTables, 'postgres'));
    const client = new pg.Client({ connectionString: schema.url.reveal() });
    await client.connect();
    return {
      connection: new PostgresConnection(client, 'writer', 0),
      wallMs: Date.now,
      async [Symbol.asyncDispose]() {
        await client.end();
        await schema[Symbol.asyncDispose]();
      },
    };
  });
});
