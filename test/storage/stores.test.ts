import { DatabaseSync } from '#src/sql/sqlite.ts';
import { mainStore, transcripts } from '#src/storage/store-kinds.ts';
import { sqlStores } from '#src/storage/stores/store-parts.ts';
import { storeContract } from '#test/contracts/stores/store-contract.ts';
import { transcriptContract } from '#test/contracts/stores/transcript-contract.ts';
import { transcriptStore } from '#test/fakes/local-stores.ts';
import { openSqlite } from './files.ts';

storeContract('a file', async () => {
  await using resources = new AsyncDisposableStack();
  const { database, path } = await openSqlite(mainStore.sqlite, resources);
  const store = sqlStores(database);
  return { ...closing(store, resources.move()), pass: (ms) => ageSeats(path, ms) };
});

transcriptContract('a file', async () => {
  await using resources = new AsyncDisposableStack();
  const { database } = await openSqlite(transcripts.sqlite, resources);
  return closing(transcriptStore(database), resources.move());
});

/** The instants at which seats were written are moved back. */
async function ageSeats(path: string, ms: number) {
  using sqlite = new DatabaseSync(path);
  sqlite.prepare('UPDATE seats SET alive_at_ms = alive_at_ms - ?').run(ms);
}

function closing<Store extends AsyncDisposable>(store: Store, resources: AsyncDisposable): Store {
  const close = async () => {
    await store[Symbol.asyncDispose]();
    await resources[Symbol.asyncDispose]();
  };
  return { ...store, [Symbol.asyncDispose]: close };
}
