import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { Connection } from '#src/sql/connection.ts';
import { createPerformer, DatabaseSync } from '#src/sql/sqlite.ts';
import { createTables } from '#src/sql/table.ts';
import { describeLostRows } from '#src/storage/data-dir/store-files.ts';
import { migrateStore } from '#src/storage/schema.ts';
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
import { makeStore, options } from './copied-stores.ts';
import {
  formerRows,
  keptOfFormat21,
  keptOfFormat24,
  rowsOfFormat21,
  rowsOfFormat24,
} from './former-consents.ts';
import {
  damage,
  makeStoreFolder,
  openSqlite,
  readEveryByte,
  runSql,
} from './store-folder.ts';

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

const always = { kind: 'always' } as const;
const never = { kind: 'never' } as const;

/** Numbers like Discord's, without a pattern that another number could hold by chance. */
function idOf(person: number) {
  return `${100_000_000_000_000_000n + ((BigInt(person) * 7_046_029_254_386_353_131n) % 10n ** 17n)}`;
}

test.each([15, 19])(
  'the yes for a day of format %d is deleted and counted, and the no of a seat is kept',
  async (version) => {
    using tempFolder = makeStoreFolder();
    await makeStore(tempFolder.path);
    const tokens = 'ALTER TABLE api_tokens ADD COLUMN channel_ids text;';
    runSql(
      tempFolder.path,
      `${formerRows} ${version > 15 ? tokens : ''} PRAGMA user_version = ${version}`,
    );
    const lost = expect.stringMatching(
      /^The upgrade deletes 1 consents that held for one day/,
    );
    expect(describeLostRows(dirname(tempFolder.path))).toEqual([lost]);
    await using store = await openLocalStore(tempFolder.path, options);
    expect(describeLostRows(dirname(tempFolder.path))).toEqual([]);
    const kept = new Map(Object.entries({ ann: always, bob: never, cy: never }));
    expect(await store.consents.read(toGuildId('g'))).toEqual(kept);
    expect(await store.settings.read(toGuildId('g'))).toEqual(
      new Map([['cues', 'on']]),
    );
    await store.personSettings.write(toGuildId('g'), toPersonId('ann'), {
      answers: 'private',
    });
    expect(await store.personSettings.read(toGuildId('g'), toPersonId('ann'))).toEqual({
      answers: 'private',
    });
  },
);

test('an erasure under way in a store of format 21 goes on, and all other words stay', async () => {
  using tempFolder = makeStoreFolder();
  await makeStore(tempFolder.path);
  runSql(tempFolder.path, `${rowsOfFormat21} PRAGMA user_version = 21`);
  await using store = await openLocalStore(tempFolder.path, options);
  expect(await store.consents.read(toGuildId('g'))).toEqual(keptOfFormat21.consents);
  expect(await store.consents.listErasures()).toEqual(keptOfFormat21.erasures);
});

test('personas, captions and rests of channels in a store of format 24 become settings of the channels', async () => {
  using tempFolder = makeStoreFolder();
  await makeStore(tempFolder.path);
  runSql(tempFolder.path, `${rowsOfFormat24} PRAGMA user_version = 24`);
  await using store = await openLocalStore(tempFolder.path, options);
  const { settings } = store;
  expect(await settings.read(toGuildId('g'))).toEqual(keptOfFormat24.server);
  expect(await settings.readChannels(toGuildId('g'))).toEqual(keptOfFormat24.channels);
  expect(await settings.readChannels(toGuildId('h'))).toEqual(
    new Map([['900', new Map([['name', 'Nova']])]]),
  );
});

test('a step that fails leaves the file as it was', () => {
  using sqlite = new DatabaseSync(':memory:');
  const sql = 'CREATE TABLE half (id TEXT); CREATE TABLE half (id TEXT)';
  expect(() => migrateStore(sqlite, [{ version: 1, sql }])).toThrow('half');
  expect(sqlite.prepare('SELECT * FROM sqlite_schema').all()).toEqual([]);
  expect(sqlite.prepare('PRAGMA user_version').get()).toEqual({ user_version: 0 });
});

test('a file of a newer bot is left alone, and the operator told to update', async () => {
  using tempFolder = makeStoreFolder();
  await makeStore(tempFolder.path);
  runSql(tempFolder.path, 'PRAGMA user_version = 99');
  const bufferBefore = readFileSync(tempFolder.path);
  await expect(openLocalStore(tempFolder.path, options)).rejects.toMatchObject({
    code: 'store.format',
    retryable: false,
    message: expect.stringMatching(
      /has format 99, and this Parley reads formats 15 to 28/,
    ),
  });
  expect(readEveryByte(tempFolder.folder)).toEqual(
    new Map([[tempFolder.path, bufferBefore]]),
  );
});

test.each([
  ['no database at all', (path: string) => writeFileSync(path, damage)],
  ['a page of other bytes', spoilPage],
])('a damaged file, %s, is refused with the way to a backup', async (_how, spoil) => {
  using tempFolder = makeStoreFolder();
  {
    await using store = await openLocalStore(tempFolder.path, options);
    await store.consents.write(toGuildId('10'), toPersonId('1'), never);
  }
  spoil(tempFolder.path);
  await expect(openLocalStore(tempFolder.path, options)).rejects.toMatchObject({
    code: 'store.unreadable',
    message: expect.stringMatching(/^The store .* is damaged: .*backups/),
  });
});

test('in a full store people can still be read and forgotten, and then there is space again', async () => {
  const full = { ...options, maxBytes: 20_000 };
  await using store = await openLocalStore(':memory:', full);
  const writeUntilRefused = async () => {
    for (let person = 0; ; person++)
      await store.leftOutPeople.write(toGuildId('10'), toPersonId(idOf(person)), true);
  };
  await expect(writeUntilRefused()).rejects.toMatchObject({
    code: 'store.unwritable',
    retryable: false,
  });
  const knownPersonIds = [...(await store.leftOutPeople.read(toGuildId('10'))).keys()];
  expect(knownPersonIds.length).toBeGreaterThan(40);
  for (const id of knownPersonIds.slice(0, 60))
    expect(
      await store.consents.erasePerson(admitPersonErasure(toGuildId('10'), id)),
    ).toBe(1);
  await store.consents.write(toGuildId('10'), toPersonId(idOf(-1)), never);
});

function spoilPage(path: string) {
  writeFileSync(path, readFileSync(path).fill(0xff, 4_096, 6_096));
}
