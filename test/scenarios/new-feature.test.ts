import { DatabaseSync } from '#src/sql/sqlite.ts';
import { storePath } from '#src/storage/store.ts';
import { liveThrough } from '#test/scenarios/setup/notes-scenario.ts';
import { scenario } from '#test/scenarios/setup/scenario-setup.ts';

scenario(
  'a feature of three files and a command with a button, a menu and a form is registered, offered, stored, shown, exported and forgotten by its lines in two lists',
  () =>
    liveThrough({}, async (sql, { dataDir }) => {
      using sqlite = new DatabaseSync(storePath(dataDir));
      return sqlite.prepare(sql).all();
    }),
);
