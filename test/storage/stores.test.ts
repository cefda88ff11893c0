import { DatabaseSync } from '#src/sql/sqlite.ts';
import { mainStore, transcripts } from '#src/storage/store-kinds.ts';
import { createStores } from '#src/stores/store-parts.ts';
import { testStore } from '#test/contracts/stores/store-contract.ts';
import { testTranscripts } from '#test/contracts/stores/transcript-contract.ts';
import { toTranscriptStore } from '#test/fakes/local-stores.ts';
import { openSqlite } from './store-folder.ts';

testStore('a file', async () => {
  await using resources = new AsyncDisposableStack();
  const { database, path } = await openSqlite(mainStore.sqlite, resources);
  const store = createStores(database);
  return { ...closeWith(store, resources.move()), pass: (ms) => ageSeats(path, ms) };
});

testTranscripts('a file', async () => {
  await using resources = new AsyncDisposableStack();
  const { database } = await openSqlite(transcripts.sqlite, resources);
  return closeWith(toTranscriptStore(database), resources.move());
});

/** The instants at which seats were written are moved back. */
async function ageSeats(path: string, ms: number) {
  using sqlite = new DatabaseSync(path);
  sqlite.prepare('UPDATE seats SET alive_at_ms = alive_at_ms - ?').run(ms);
}

function closeWith<Store extends AsyncDisposable>(
  store: Store,
  resources: AsyncDisposable,
) {
  const closeBoth = async () => {
    await store[Symbol.asyncDispose]();
    await resources[Symbol.asyncDispose]();
  };
  return { ...store, [Symbol.asyncDispose]: closeBoth };
}
