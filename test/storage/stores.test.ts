import { realClock } from '#src/base/clock.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { Connection } from '#src/sql/connection.ts';
import { createPerformer, DatabaseSync } from '#src/sql/sqlite.ts';
import { createTables } from '#src/sql/table.ts';
import { mainStore, transcripts } from '#src/storage/store-kinds.ts';
import { createStores } from '#src/stores/store-parts.ts';
import {
  kindTables,
  testColumnKinds,
} from '#test/contracts/stores/column-kinds-contract.ts';
import {
  addEntries,
  testPortions,
  testSpendingStore,
} from '#test/contracts/stores/spending-store-contract.ts';
import { testStore } from '#test/contracts/stores/store-contract.ts';
import { testTranscripts } from '#test/contracts/stores/transcript-contract.ts';
import {
  admitPersonErasure,
  admitServerErasure,
} from '#test/fakes/admitted-erasures.ts';
import { MemorySpending } from '#test/fakes/fake-spending.ts';
import { openLocalStore, toTranscriptStore } from '#test/fakes/local-stores.ts';
import { makeStoreFolder, openSqlite, readEveryByte } from './store-folder.ts';

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

testSpendingStore('the fake book', async () => ({
  spending: new MemorySpending(),
  async [Symbol.asyncDispose]() {},
}));

testPortions('the fake book', async () => {
  const spending = new MemorySpending();
  return {
    all: [{ spending }, { spending: spending.openRun() }],
    async [Symbol.asyncDispose]() {},
  };
});

testPortions('SQLite', async () => {
  await using stack = new AsyncDisposableStack();
  const tempFolder = stack.use(makeStoreFolder());
  const openStore = async () =>
    stack.use(await openLocalStore(tempFolder.path, { clock: realClock }));
  const allStores = [await openStore(), await openStore()];
  return Object.assign(stack.move(), { all: allStores });
});

const person = toPersonId('987654321987654321');
const entry = {
  guildId: toGuildId('10'),
  day: '2026-11-20',
  nanoUsd: 5,
  turns: 1,
};

test('what a removed server spent stays until its day is over, and of its people nothing', async () => {
  using tempFolder = makeStoreFolder();
  await using store = await openLocalStore(tempFolder.path, { clock: realClock });
  const [gone, other] = [
    toGuildId('123456789123456789'),
    toGuildId('223456789123456789'),
  ];
  for (const guildId of [gone, other]) {
    const theirs = { ...entry, guildId };
    await addEntries(
      store.spending,
      [theirs, { ...theirs, personId: person }],
      entry.day,
    );
  }
  await store.guilds.eraseGuild(admitServerErasure(gone));
  const readAll = () => store.spending.read('2026-11-20');
  expect((await readAll()).filter(({ guildId }) => guildId === gone)).toEqual([
    { ...entry, guildId: gone },
  ]);
  await addEntries(
    store.spending,
    [{ ...entry, guildId: other, day: '2026-11-22' }],
    '2026-11-22',
  );
  await store.consents.erasePerson(admitPersonErasure(other, person));
  for (const bytes of readEveryByte(tempFolder.folder).values())
    expect(bytes.includes(Buffer.from(gone))).toBe(false);
});
