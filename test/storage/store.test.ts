import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { describeLostRows } from '#src/storage/data-dir/store-files.ts';
import { migrateStore } from '#src/storage/schema.ts';
import { admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { makeStore, options } from './copied-stores.ts';
import {
  formerRows,
  keptOfFormat21,
  keptOfFormat24,
  rowsOfFormat21,
  rowsOfFormat24,
} from './former-consents.ts';
import { damage, makeStoreFolder, readEveryByte, runSql } from './store-folder.ts';

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
      /has format 99, and this Parley reads formats 15 to 26/,
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
  for (const id of knownPersonIds.slice(0, 200))
    expect(
      await store.consents.erasePerson(admitPersonErasure(toGuildId('10'), id)),
    ).toBe(1);
  await store.consents.write(toGuildId('10'), toPersonId(idOf(-1)), never);
});

function spoilPage(path: string) {
  writeFileSync(path, readFileSync(path).fill(0xff, 4_096, 6_096));
}
