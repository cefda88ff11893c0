import { cpSync } from 'node:fs';
import { dirname } from 'node:path';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { options } from './copied-stores.ts';
import { makeStoreFolder, readEveryByte } from './store-folder.ts';

const always = { kind: 'always' } as const;

/** Ids as Discord gives them, scattered, the same in every run. */
const people = Array.from(
  { length: 400 },
  (_, n) =>
    `${10n ** 17n + ((BigInt(n + 1) * 7_046_029_254_386_353_131n) % 10n ** 17n)}`,
);

/** Every form in which an id could lie in a file: text, and numbers of 64 bits in either order. */
function formsOf(id: string) {
  const [big, little] = [Buffer.alloc(8), Buffer.alloc(8)];
  big.writeBigUInt64BE(BigInt(id));
  little.writeBigUInt64LE(BigInt(id));
  return [
    Buffer.from(id),
    Buffer.from(id, 'utf16le'),
    big,
    little,
    writeVarint(BigInt(id)),
  ];
}

/** Variable-length integer as SQLite writes numbers that are not values of a column: seven bits a byte, the highest first. */
function writeVarint(value: bigint) {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 7n) {
    bytes.unshift(Number(rest & 127n) | (bytes.length > 0 ? 128 : 0));
  }
  return Buffer.from(bytes);
}

function filesWith(folder: string, id: string) {
  return [...readEveryByte(folder)]
    .filter(([, bytes]) => formsOf(id).some((form) => bytes.includes(form)))
    .map(([path]) => path);
}

// Proves: `/privacy forget` leaves no byte in the files of the store by real (SQLite)
test('not a byte of a forgotten person stays in the files, while the store is open and after it', async () => {
  using tempFolder = makeStoreFolder();
  const store = await openLocalStore(tempFolder.path, options);
  for (const id of people)
    await store.leftOutPeople.write(toGuildId('10'), toPersonId(id), true);
  const forgotten = people.filter((_, n) => n % 40 === 0);
  for (const id of forgotten) {
    expect(filesWith(tempFolder.folder, id)).not.toEqual([]);
    expect(
      await store.consents.erasePerson(
        admitPersonErasure(toGuildId('10'), toPersonId(id)),
      ),
    ).toBe(1);
    expect(filesWith(tempFolder.folder, id)).toEqual([]);
  }
  expect(filesWith(tempFolder.folder, people[1] ?? '')).not.toEqual([]);
  expect((await store.leftOutPeople.read(toGuildId('10'))).size).toBe(
    people.length - forgotten.length,
  );
  await store[Symbol.asyncDispose]();
  for (const id of forgotten) expect(filesWith(tempFolder.folder, id)).toEqual([]);
});

test('forgetting waits for a program that reads the store, a backup say, and is called done when no byte is there', async () => {
  using tempFolder = makeStoreFolder();
  const clock = new VirtualClock();
  const [id = ''] = people;
  await using store = await openLocalStore(tempFolder.path, { clock });
  await store.leftOutPeople.write(toGuildId('10'), toPersonId(id), true);
  const reader = new DatabaseSync(tempFolder.path);
  reader.exec('BEGIN; SELECT * FROM left_out_of_captions');
  const late = expect(
    store.consents.erasePerson(admitPersonErasure(toGuildId('10'), toPersonId(id))),
  ).rejects.toMatchObject({
    code: 'store.unwritable',
  });
  const passTime = async () => {
    for (let ms = 0; ms < 5_500; ms += 100) await clock.advance(100);
  };
  await passTime();
  await late;
  const erasing = store.consents.erasePerson(
    admitPersonErasure(toGuildId('10'), toPersonId(id)),
  );
  await clock.advance(500);
  expect(filesWith(tempFolder.folder, id)).not.toEqual([]);
  reader.close();
  await passTime();
  expect([await erasing, filesWith(tempFolder.folder, id)]).toEqual([0, []]);
});

test('what a killed process had deleted leaves the files when the store is opened again', async () => {
  using killed = makeStoreFolder();
  using tempFolder = makeStoreFolder();
  const [id = ''] = people;
  await using store = await openLocalStore(killed.path, options);
  await store.consents.write(toGuildId('10'), toPersonId(id), always);
  using sqlite = new DatabaseSync(killed.path);
  sqlite.exec('PRAGMA secure_delete = ON; DELETE FROM consents');
  cpSync(dirname(killed.path), dirname(tempFolder.path), { recursive: true });
  expect(filesWith(tempFolder.folder, id)).not.toEqual([]);
  await using _again = await openLocalStore(tempFolder.path, options);
  expect(filesWith(tempFolder.folder, id)).toEqual([]);
});
