import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { openLocalCopies } from '#src/storage/backups/copies-eraser.ts';
import { noteForgotten } from '#src/storage/backups/forgotten-list.ts';
import { newestCopies, removeLeftovers, restoreStores } from '#src/storage/backups/restore.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcripts-path.ts';
import { anybody } from '#test/contracts/stores/transcript-samples.ts';
import { adam, copiedStores, dayMs, eva, filesWith, options } from './copied-stores.ts';
import { everyByte, type StoreFolder, storeFolder } from './files.ts';

const always = { kind: 'always' } as const;
const never = { kind: 'never' } as const;
/** Forgetting goes by the clock of the machine. */
const nowWallMs = Date.now();
const hourAgoMs = nowWallMs - 3_600_000;

/** Copies of an hour ago, as somebody carried them elsewhere, under names of their own. */
async function carriedAway(place: StoreFolder) {
  const dataDir = await copiedStores(place, hourAgoMs);
  const [store = '', transcripts = ''] = newestCopies(dataDir, true);
  const elsewhere = join(place.folder, 'elsewhere');
  mkdirSync(elsewhere);
  const copies = [join(elsewhere, 'monday.db'), join(elsewhere, 'words')];
  cpSync(store, copies[0] ?? '');
  cpSync(transcripts, copies[1] ?? '');
  return { dataDir, copies };
}

async function forget(dataDir: string, personId: string): Promise<void> {
  const store = await openLocalStore(join(dataDir, 'parley.db'), options);
  await store.consents.erase('10', personId);
  await store[Symbol.asyncDispose]();
  const transcripts = await openLocalTranscripts(transcriptsPath(dataDir), options);
  await transcripts.eraser.forget('10', personId);
  await transcripts[Symbol.asyncDispose]();
  await using copies = await openLocalCopies(dataDir);
  await copies.forget('10', personId);
}

async function consentsIn(dataDir: string, guildId = '10') {
  await using store = await openLocalStore(join(dataDir, 'parley.db'), options);
  return await store.consents.read(guildId);
}

async function wordsIn(dataDir: string) {
  await using store = await openLocalTranscripts(transcriptsPath(dataDir), options);
  return (await store.reader.lines('a', anybody)).map(({ text }) => text);
}

test('the newest copies come back, and what stood there before is the newest copy', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place, hourAgoMs);
  const copies = newestCopies(dataDir, true);
  const store = await openLocalStore(place.path, options);
  await store.consents.write('30', eva, always);
  await store[Symbol.asyncDispose]();
  rmSync(transcriptsPath(dataDir));
  const restored = await restoreStores({ dataDir, copies, nowWallMs });
  expect(restored.map(({ to }) => to)).toEqual([place.path, transcriptsPath(dataDir)]);
  expect(await consentsIn(dataDir)).toEqual(new Map([adam, eva].map((id) => [id, always])));
  expect(await consentsIn(dataDir, '30')).toEqual(new Map());
  expect(await wordsIn(dataDir)).toEqual(['xylokarp', 'quendorf']);
  const [former] = newestCopies(dataDir, false);
  expect(former).toBe(restored[0]?.former);
  await using copy = await openLocalStore(former ?? '', options);
  expect(await copy.consents.read('30')).toEqual(new Map([[eva, always]]));
  expect(statSync(place.path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dataDir).sort()).toEqual(['backups', 'parley.db', 'transcripts.db']);
});

test('who was forgotten since is not brought back by a copy that was kept elsewhere', async () => {
  using place = storeFolder();
  const { copies, dataDir } = await carriedAway(place);
  await forget(dataDir, adam);
  const [store, transcripts] = await restoreStores({ dataDir, copies, nowWallMs });
  expect([store?.forgottenRows, transcripts?.forgottenRows]).toEqual([1, 2]);
  expect(await consentsIn(dataDir)).toEqual(new Map([[eva, always]]));
  expect(await consentsIn(dataDir, '20')).toEqual(new Map([[adam, always]]));
  expect(await wordsIn(dataDir)).toEqual(['quendorf']);
  expect(filesWith(dataDir, 'xylokarp')).toEqual([]);
});

test('not even where the store they were forgotten in is damaged or gone', async () => {
  using place = storeFolder();
  const { copies, dataDir } = await carriedAway(place);
  await forget(dataDir, adam);
  writeFileSync(place.path, 'no database '.repeat(1000));
  rmSync(transcriptsPath(dataDir));
  const [store] = await restoreStores({ dataDir, copies, nowWallMs });
  expect(store).toMatchObject({ forgottenRows: 1, refusals: undefined, knowsForgotten: true });
  expect(store).not.toHaveProperty('former');
  expect(await consentsIn(dataDir)).toEqual(new Map([[eva, always]]));
  expect(filesWith(dataDir, 'xylokarp')).toEqual([]);
});

test('nor by one that is restored with the lists of other processes', async () => {
  using place = storeFolder();
  using other = storeFolder();
  using third = storeFolder();
  const { copies, dataDir } = await carriedAway(place);
  noteForgotten(other.folder, { guildId: '10', personId: adam }, Date.now());
  noteForgotten(third.folder, { guildId: '10', personId: eva }, Date.now());
  const args = ['--forgotten', other.folder, '--forgotten', third.folder, ...copies];
  expect(restoring(dataDir, args)).toMatchObject({ status: 0, stderr: '' });
  expect(await consentsIn(dataDir)).toEqual(new Map());
  expect(await consentsIn(dataDir, '20')).toEqual(new Map([[adam, always]]));
  expect(await wordsIn(dataDir)).toEqual([]);
});

test('who came back after being forgotten keeps what a later copy tells of them', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place);
  await forget(dataDir, adam);
  const laterMs = Date.now() + 2 * dayMs;
  const later = await copiedStores(place, laterMs);
  const copies = newestCopies(later, false);
  expect((await restoreStores({ dataDir, copies, nowWallMs: laterMs }))[0]?.forgottenRows).toBe(0);
  expect((await consentsIn(dataDir)).get(adam)).toEqual(always);
});

test('a no that was said since goes on to count', async () => {
  using place = storeFolder();
  const { copies, dataDir } = await carriedAway(place);
  const store = await openLocalStore(place.path, options);
  await store.consents.write('10', adam, never);
  await store.leftOutPeople.leaveOut('10', eva, true);
  await store[Symbol.asyncDispose]();
  expect((await restoreStores({ dataDir, copies, nowWallMs }))[0]?.refusals).toBe(2);
  expect(await consentsIn(dataDir)).toEqual(
    new Map<string, unknown>([
      [adam, never],
      [eva, always],
    ]),
  );
  await using again = await openLocalStore(place.path, options);
  expect(await again.leftOutPeople.readLeftOut('10')).toEqual(new Set([eva]));
});

test('a new DATA_DIR takes a copy, and the operator reads that nobody knows who was forgotten', async () => {
  using place = storeFolder();
  const { copies } = await carriedAway(place);
  const dataDir = join(place.folder, 'new');
  expect(await restoreStores({ dataDir, copies, nowWallMs })).toMatchObject([
    { knowsForgotten: false, refusals: 0 },
    { knowsForgotten: false },
  ]);
  expect((await consentsIn(dataDir)).size).toBe(2);
});

type Trouble = readonly [
  title: string,
  message: string | RegExp,
  make: (copies: readonly string[], dataDir: string) => readonly string[],
];
const [first] = [(copies: readonly string[]) => copies[0] ?? ''];
const troubles: readonly Trouble[] = [
  ['a copy that is not there', 'There is no copy nowhere to restore.', () => ['nowhere']],
  [
    'a file that is no database',
    /^The copy .*monday\.db is damaged or is no database: take another copy\.$/,
    (copies) => {
      writeFileSync(first(copies), 'no database '.repeat(1000));
      return copies;
    },
  ],
  [
    'another database',
    /other is a copy of neither the store nor transcripts/,
    (copies) => {
      const other = join(dirname(first(copies)), 'other');
      using sqlite = new DatabaseSync(other);
      sqlite.exec('CREATE TABLE cats (name TEXT)');
      return [other];
    },
  ],
  [
    'a copy by a newer version',
    /was made by a newer Parley \(format 9999, this one reads up to \d+\): update the bot first\.$/,
    (copies) => {
      using sqlite = new DatabaseSync(first(copies));
      sqlite.exec('PRAGMA user_version = 9999');
      return copies;
    },
  ],
  [
    'a copy from before the first release',
    /has format 1, from before the first release; .* commit [0-9a-f]{40} to export the data, or take a newer copy\.$/,
    (copies) => {
      using sqlite = new DatabaseSync(first(copies));
      sqlite.exec('PRAGMA user_version = 1');
      return copies;
    },
  ],
  ...(
    [
      [
        'trigger',
        `CREATE TRIGGER later AFTER INSERT ON consents WHEN NEW.kind = 'never' BEGIN
          UPDATE consents SET kind = 'always' WHERE person_id = NEW.person_id; END`,
        /^Another program changed the copy .* \(trigger later\): take another copy\.$/,
      ],
      ['view', 'CREATE VIEW seen AS SELECT * FROM panels', /\(view seen\)/],
      [
        'column that is computed',
        "ALTER TABLE panels ADD COLUMN kind TEXT AS ('always') VIRTUAL",
        /\(table panels\)/,
      ],
      ['table that is missing', 'DROP TABLE reminders', /\(table reminders\)/],
    ] as const
  ).map(
    ([what, sql, message]): Trouble => [
      `a copy with a ${what}`,
      message,
      (copies) => {
        using sqlite = new DatabaseSync(first(copies));
        sqlite.exec(sql);
        return copies;
      },
    ],
  ),
  [
    'two copies of one thing',
    /^Both .* and .* are copies of the store: name one of them\.$/,
    (copies) => [first(copies), first(copies)],
  ],
  [
    'a copy from before what is known of forgotten people',
    /is older than 30 days: it may bring back people who were forgotten before that/,
    (copies) => {
      utimesSync(first(copies), 0, nowWallMs / 1000 - 31 * 86_400);
      return copies;
    },
  ],
  [
    'a list of forgotten people that cannot be read',
    /forgotten\.key is missing or damaged/,
    (copies, dataDir) => {
      rmSync(join(dataDir, 'forgotten.key'));
      return copies;
    },
  ],
  [
    'a place that cannot be written',
    /cannot open the store .*parley\.db/,
    (copies, dataDir) => {
      mkdirSync(join(dataDir, 'parley.db.former', 'in the way'), { recursive: true });
      return copies.toReversed(); // transcripts are in their place by then
    },
  ],
];

test.each(troubles)('%s is told in a sentence, and changes nothing', async (_, message, make) => {
  using place = storeFolder();
  const { copies, dataDir } = await carriedAway(place);
  await forget(dataDir, adam);
  const wanted = make(copies, dataDir);
  const files = () => [...everyByte(dataDir)].filter(([path]) => path.endsWith('.db'));
  const before = files();
  await expect(restoreStores({ dataDir, copies: wanted, nowWallMs })).rejects.toThrow(message);
  expect(files()).toEqual(before);
  expect(readdirSync(dataDir).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('what a killed restoring left beside the stores is taken away by the next start', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place);
  for (const name of ['parley.db.part', 'parley.db.former', 'transcripts.db.former-wal'])
    writeFileSync(join(dataDir, name), adam);
  removeLeftovers(dataDir);
  expect(readdirSync(dataDir).sort()).toEqual(['parley.db', 'transcripts.db']);
});

function restoring(dataDir: string, args: readonly string[] = [], env = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['src/app/programs/restore.ts', ...args],
    { env: { DATA_DIR: dataDir, ...env }, encoding: 'utf8', timeout: 20_000 },
  );
  return { status, stdout, stderr };
}

test('npm run restore tells what it put where, and what it did not bring back', async () => {
  using place = storeFolder();
  const { copies, dataDir } = await carriedAway(place);
  await forget(dataDir, adam);
  const { status, stdout, stderr } = restoring(dataDir, copies);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.split('\n')).toEqual([
    `restored ${place.path} from ${copies[0]}`,
    'rows of people who were forgotten since, deleted again: 1',
    expect.stringMatching(/^former file: .*parley-[\dTZ-]+\.sqlite$/),
    `restored ${transcriptsPath(dataDir)} from ${copies[1]}`,
    'rows of people who were forgotten since, deleted again: 2',
    expect.stringMatching(/^former file: .*transcripts-[\dTZ-]+\.sqlite$/),
    '',
  ]);
});

test('npm run restore refuses a DATA_DIR that a bot works on, and names the bot', async () => {
  using place = storeFolder();
  const { copies, dataDir } = await carriedAway(place);
  const before = readFileSync(place.path);
  using lock = new DatabaseSync(join(dataDir, 'parley.lock'));
  lock.exec('BEGIN EXCLUSIVE');
  const { status, stderr } = restoring(dataDir, copies);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^DATA_DIR .* is in use by another process: end that process[^\n]*\n$/);
  expect(readFileSync(place.path).equals(before)).toBe(true);
});

test('npm run restore names a folder without a list of forgotten people, and changes nothing', async () => {
  using place = storeFolder();
  const { copies, dataDir } = await carriedAway(place);
  const before = readFileSync(place.path);
  const nowhere = join(place.folder, 'nowhere');
  expect(restoring(dataDir, ['--forgotten', nowhere, ...copies])).toMatchObject({
    status: 1,
    stderr: `There is no list of forgotten people ${join(nowhere, 'forgotten.json')}: correct the folder, or leave it out if its bot forgot no person.\n`,
  });
  expect(readFileSync(place.path).equals(before)).toBe(true);
});

test('npm run restore names its options, and says where it looked for a copy', () => {
  using place = storeFolder();
  expect(restoring(place.folder, ['--all'])).toMatchObject({
    status: 78,
    stderr: expect.stringMatching(/^npm run restore -- /),
  });
  expect(restoring(place.folder)).toEqual({
    status: 1,
    stdout: '',
    stderr: `There is no copy of the store in ${join(place.folder, 'backups')}: name the file to restore.\n`,
  });
});
