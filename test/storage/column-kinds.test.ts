import { Connection } from '#src/sql/connection.ts';
import { createPerformer, DatabaseSync } from '#src/sql/sqlite.ts';
import { createTables } from '#src/sql/table.ts';
import {
  kindTables,
  testColumnKinds,
} from '#test/contracts/stores/column-kinds-contract.ts';

testColumnKinds('SQLite', async () => {
  const sqlite = new DatabaseSync(':memory:');
  sqlite.exec(createTables(kindTables, 'sqlite'));
  const wallMs = () => 1_795_190_400_123.25;
  return {
    connection: new Connection('sqlite', createPerformer(sqlite), wallMs),
    wallMs,
    async [Symbol.asyncDispose]() {
      sqlite.close();
    },
  };
});
