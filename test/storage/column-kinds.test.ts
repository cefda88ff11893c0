import { sqlConnection } from '#src/sql/connection.ts';
import { DatabaseSync, performOn } from '#src/sql/sqlite.ts';
import { createTables } from '#src/sql/table.ts';
import { columnKindsContract, kindTables } from '#test/contracts/stores/column-kinds.ts';

columnKindsContract('SQLite', async () => {
  const sqlite = new DatabaseSync(':memory:');
  sqlite.exec(createTables(kindTables, 'sqlite'));
  const wallMs = () => 1_795_190_400_123.25;
  return {
    connection: sqlConnection('sqlite', performOn(sqlite), wallMs),
    wallMs,
    async [Symbol.asyncDispose]() {
      sqlite.close();
    },
  };
});
