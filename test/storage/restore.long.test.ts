import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type GuildId, toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import type { PersonSettings } from '#src/people/person-settings.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { backUpStore } from '#src/storage/backups/backup.ts';
import { toBackupsFolder } from '#src/storage/backups/copy-names.ts';
import {
  findNewestCopies,
  type RestoreOptions,
  restoreStores as restoreStoresBy,
} from '#src/storage/backups/restore.ts';
import type { Store } from '#src/stores/store-parts.ts';
import { openSessions } from '#test/contracts/stores/transcript-samples.ts';
import {
  openLocalStore,
  openLocalTranscripts,
  toTranscriptsPath,
} from '#test/fakes/local-stores.ts';
import { runProgram } from '#test/fakes/run-program.ts';
import {
  adam,
  dayMs,
  eva,
  makeCopiedStores,
  makeStore,
  options,
} from './copied-stores.ts';
import {
  lounge,
  type StoredTexts,
  square,
  stricterCases,
} from './restored-settings-cases.ts';
import {
  damage,
  makeStoreFolder,
  readEveryByte,
  runSql,
  type StoreFolder,
} from './store-folder.ts';

const always = { kind: 'always' } as const;
const never = { kind: 'never' } as const;
/** End of a program that did what it was asked to. */
const success = { status: 0, stderr: '' };
const nowWallMs = Date.now();
const hourAgoMs = nowWallMs - 3_600_000;

/** A restore by which each setting comes back as the copy has it. */
function restoreStores(options: Omit<RestoreOptions, 'chooseSettings'>) {
  return restoreStoresBy({ ...options, chooseSettings: ({ copied }) => copied });
}

/** Copies of an hour ago, as somebody carried them elsewhere, under names of their own. */
async function carriedAway(folder: StoreFolder) {
  const dataDir = await makeCopiedStores(folder, hourAgoMs);
  const [store = '', transcripts = ''] = findNewestCopies(dataDir, true);
  const elsewhere = join(folder.folder, 'elsewhere');
  mkdirSync(elsewhere);
  const copies = [join(elsewhere, 'monday.db'), join(elsewhere, 'words')];
  cpSync(store, copies[0] ?? '');
  cpSync(transcripts, copies[1] ?? '');
  return { dataDir, copies };
}

/** Copies a store and its transcripts, an hour ago. */
function copyStores(dataDir: string) {
  return [join(dataDir, 'parley.db'), toTranscriptsPath(dataDir)].map((path) =>
    backUpStore(path, toBackupsFolder(dataDir), hourAgoMs),
  );
}

async function consentsIn(dataDir: string) {
  await using store = await openLocalStore(join(dataDir, 'parley.db'), options);
  return await store.consents.read(toGuildId('10'));
}

async function wordsIn(dataDir: string) {
  await using store = await openLocalTranscripts(toTranscriptsPath(dataDir), options);
  return (await store.reader.listLines('a', openSessions)).map(({ text }) => text);
}

test('the newest copies come back with each no, without a yes or a token, and what stood there before is the newest copy', async () => {
  using tempFolder = makeStoreFolder();
  const dataDir = await makeCopiedStores(tempFolder);
  {
    await using storeBefore = await openLocalStore(tempFolder.path, options);
    await storeBefore.consents.write(toGuildId('10'), toPersonId(eva), never);
    await storeBefore.leftOutPeople.write(toGuildId('10'), toPersonId(adam), true);
    const token = { name: 'door', guildId: toGuildId('10'), createdAtWallMs: 1 };
    await storeBefore.apiTokens.add({ ...token, scopes: ['transcript'] }, 'hash');
  }
  copyStores(dataDir);
  const copies = findNewestCopies(dataDir, true);
  {
    await using store = await openLocalStore(tempFolder.path, options);
    await store.consents.write(toGuildId('30'), toPersonId(eva), always);
  }
  rmSync(toTranscriptsPath(dataDir));
  const restored = restoreStores({ dataDir, copies, nowWallMs });
  expect(restored).toMatchObject([
    { to: tempFolder.path },
    { to: toTranscriptsPath(dataDir) },
  ]);
  expect(await consentsIn(dataDir)).toEqual(new Map([[eva, never]]));
  expect(await wordsIn(dataDir)).toEqual(['xylokarp', 'quendorf']);
  {
    await using storeAfter = await openLocalStore(tempFolder.path, options);
    expect(await storeAfter.leftOutPeople.read(toGuildId('10'))).toEqual(
      new Map([[adam, true]]),
    );
    expect(await storeAfter.apiTokens.find('hash')).toBeUndefined();
  }
  const [former = '', ...others] = findNewestCopies(dataDir, false);
  expect([former, others]).toEqual([restored[0]?.former, []]);
  await using copy = await openLocalStore(former, options);
  expect(await copy.consents.read(toGuildId('30'))).toEqual(new Map([[eva, always]]));
  expect(statSync(tempFolder.path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dataDir).sort()).toEqual([
    'backups',
    'parley.db',
    'transcripts.db',
  ]);
});

// Proves: A restore keeps each no and each erasure by real
test('each no and each erasure of the copy and of the present store stays, and what was erased since is erased anew', async () => {
  using tempFolder = makeStoreFolder();
  const dataDir = await makeCopiedStores(tempFolder);
  const forgotten = { kind: 'forgotten' } as const;
  {
    await using store = await openLocalStore(tempFolder.path, options);
    await store.consents.write(toGuildId('30'), toPersonId('1'), never);
    await store.consents.write(toGuildId('30'), toPersonId('2'), {
      ...forgotten,
      erasesSinceWallMs: 5,
    });
    await store.leftOutPeople.write(toGuildId('30'), toPersonId('3'), true);
  }
  const copies = copyStores(dataDir);
  {
    await using store = await openLocalStore(tempFolder.path, options);
    await store.consents.write(toGuildId('30'), toPersonId('1'), always);
    const inThirty = { guildId: toGuildId('30'), sinceWallMs: 5 };
    const endedWallMs = [
      ['2', nowWallMs],
      ['5', nowWallMs - 9 * 86_400_000], // which no copy can bring back
      ['6', nowWallMs - 7 * 86_400_000],
    ] as const;
    for (const [id, wallMs] of endedWallMs) {
      const personId = toPersonId(id);
      if (id !== '2')
        await store.consents.write(inThirty.guildId, personId, {
          ...forgotten,
          erasesSinceWallMs: 5,
        });
      await store.consents.endErasure({ ...inThirty, personId }, wallMs);
      if (id !== '2') await store.consents.write(inThirty.guildId, personId, always);
    }
    await store.consents.write(toGuildId('10'), toPersonId(eva), never);
    await store.consents.write(toGuildId('10'), toPersonId(adam), forgotten); // whose erasure is complete
    await store.consents.write(toGuildId('20'), toPersonId(eva), {
      ...forgotten,
      erasesSinceWallMs: 7,
    });
    await store.leftOutPeople.write(toGuildId('30'), toPersonId('4'), true);
  }
  const erasures = [
    { guildId: '10', personId: adam, sinceWallMs: nowWallMs },
    { guildId: '20', personId: eva, sinceWallMs: 7 },
    { guildId: '30', personId: '2', sinceWallMs: nowWallMs },
    { guildId: '30', personId: '6', sinceWallMs: nowWallMs },
  ];
  restoreStores({ dataDir, copies: copies.slice(1), nowWallMs });
  {
    await using store = await openLocalStore(tempFolder.path, options);
    expect(await store.consents.listErasures()).toEqual(erasures);
  }
  const [main] = restoreStores({ dataDir, copies, nowWallMs });
  expect(main).toMatchObject({ lacksNoes: false });
  await using storeAfter = await openLocalStore(tempFolder.path, options);
  expect(await storeAfter.consents.listErasures()).toEqual(erasures);
  const words = await Promise.all(
    ['10', '20', '30'].map((id) => storeAfter.consents.read(toGuildId(id))),
  );
  expect(words.map((word) => Object.fromEntries(word))).toEqual([
    { [adam]: forgotten, [eva]: never },
    { [eva]: forgotten },
    { 1: never, 2: forgotten },
  ]);
  expect(await storeAfter.leftOutPeople.read(toGuildId('30'))).toEqual(
    new Map([['3', true] as const, ['4', true] as const]),
  );
});

test('of a copy that somebody changed only rows of known tables come back', async () => {
  using tempFolder = makeStoreFolder();
  const { copies, dataDir } = await carriedAway(tempFolder);
  const [copy = ''] = copies;
  runSql(
    copy,
    `CREATE TABLE "more ""rows" (id TEXT);
    CREATE VIEW heard AS SELECT * FROM consents;
    CREATE TRIGGER "la""ter" AFTER INSERT ON consents WHEN NEW.kind = 'never' BEGIN
      UPDATE consents SET kind = 'always' WHERE guild_id = NEW.guild_id AND person_id = NEW.person_id;
    END;
    ALTER TABLE seats ADD COLUMN extra TEXT;
    PRAGMA user_version = 21`,
  );
  const schemaOf = (path: string) => {
    using sqlite = new DatabaseSync(path, { readOnly: true });
    return sqlite
      .prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name')
      .all();
  };
  const present = schemaOf(tempFolder.path);
  restoreStores({ dataDir, copies: [copy], nowWallMs });
  expect(schemaOf(tempFolder.path)).toEqual(present);
  await using store = await openLocalStore(tempFolder.path, options);
  await store.consents.write(toGuildId('10'), toPersonId(adam), never);
  expect(await store.consents.read(toGuildId('10'))).toEqual(new Map([[adam, never]]));
});

test('where no former store can be read, a restore says whom it may hear again', async () => {
  using tempFolder = makeStoreFolder();
  const { copies, dataDir } = await carriedAway(tempFolder);
  const told =
    /^No former store could be read: who said no .* is heard again where consent is role or notice\./m;
  expect(restoreDataDir(dataDir, copies).stdout).not.toMatch(told);
  for (const spoil of [
    () => writeFileSync(tempFolder.path, damage),
    () => runSql(tempFolder.path, 'DROP TABLE consents; PRAGMA user_version = 99'),
    () => rmSync(tempFolder.path),
  ]) {
    spoil();
    expect(restoreDataDir(dataDir, copies).stdout).toMatch(told);
  }
});

test('of a copy older than seven days only settings and each no come back', async () => {
  using tempFolder = makeStoreFolder();
  const dataDir = await makeCopiedStores(tempFolder);
  {
    await using store = await openLocalStore(tempFolder.path, options);
    await store.settings.write(toGuildId('10'), 'captions_days', '7');
    await store.personSettings.write(toGuildId('10'), toPersonId(adam), {
      language: admitChosenLanguage('fr'),
    });
    await store.consents.write(toGuildId('10'), toPersonId(eva), never);
  }
  const folder = toBackupsFolder(dataDir);
  const old = backUpStore(tempFolder.path, folder, nowWallMs - 8 * dayMs);
  expect(() => restoreStores({ dataDir, copies: [old], nowWallMs })).toThrow(
    `${old} is older than 7 days, so only its settings may come back: npm run restore -- --settings ${old}`,
  );
  expect(restoreDataDir(dataDir, ['--settings', old])).toMatchObject(success);
  await using storeAfter = await openLocalStore(tempFolder.path, options);
  expect(await storeAfter.settings.read(toGuildId('10'))).toEqual(
    new Map([['captions_days', '7']]),
  );
  expect(
    await storeAfter.personSettings.read(toGuildId('10'), toPersonId(adam)),
  ).toEqual({});
  expect(await storeAfter.consents.read(toGuildId('10'))).toEqual(
    new Map([[eva, never]]),
  );
});

/** Lets SQL change a copy. */
const changedBy = (sql: string) => (copy: string) => runSql(copy, sql);

type Trouble = readonly [title: string, message: RegExp, spoil: (copy: string) => void];
const isDamaged =
  /^The copy .*monday\.db is damaged or is no database: take another copy\.$/;
const troubles: readonly Trouble[] = [
  ['a copy that is not there', /^There is no copy .*monday\.db to restore\.$/, rmSync],
  ['a file that is no database', isDamaged, (copy) => writeFileSync(copy, damage)],
  [
    'a copy in which a view stands for a table',
    isDamaged,
    changedBy('DROP TABLE seats; CREATE VIEW seats AS SELECT * FROM consents'),
  ],
  [
    'a copy by a newer version',
    /has format 9999, and this Parley reads formats 15 to 28\. Start the version that wrote it/,
    changedBy('PRAGMA user_version = 9999'),
  ],
  [
    'a copy from before the first release',
    /has format 1, and this Parley reads formats 15 to 28\. Start the version that wrote it/,
    changedBy('PRAGMA user_version = 1'),
  ],
];

test.each(troubles)(
  '%s is told in a sentence, and changes nothing',
  async (_, message, spoil) => {
    using tempFolder = makeStoreFolder();
    const { copies, dataDir } = await carriedAway(tempFolder);
    spoil(copies[0] ?? '');
    const listFiles = () =>
      [...readEveryByte(dataDir)].filter(([path]) => path.endsWith('.db'));
    const filesBefore = listFiles();
    expect(() => restoreStores({ dataDir, copies, nowWallMs })).toThrow(message);
    expect(listFiles()).toEqual(filesBefore);
    expect(readdirSync(dataDir).filter((name) => name.endsWith('.part'))).toEqual([]);
  },
);

function restoreDataDir(
  dataDir: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
) {
  return runProgram('restore', { DATA_DIR: dataDir, ...environment }, ...args);
}

test('npm run restore prints which copy went into which file', async () => {
  using tempFolder = makeStoreFolder();
  const { copies, dataDir } = await carriedAway(tempFolder);
  const { stdout, ...ended } = restoreDataDir(dataDir, copies);
  expect(ended).toMatchObject(success);
  expect(stdout.split('\n')).toEqual([
    `restored ${tempFolder.path} from ${copies[0]}`,
    expect.stringMatching(/^former file: .*parley-[\dTZ-]+\.sqlite$/),
    `restored ${toTranscriptsPath(dataDir)} from ${copies[1]}`,
    expect.stringMatching(/^former file: .*transcripts-[\dTZ-]+\.sqlite$/),
    '',
  ]);
  const newest = restoreDataDir(dataDir, ['--transcripts']).stdout;
  expect(newest.match(/^restored/gm)).toHaveLength(2);
});

test('npm run restore refuses a DATA_DIR that a bot works on, and names the bot', async () => {
  using tempFolder = makeStoreFolder();
  const { copies, dataDir } = await carriedAway(tempFolder);
  const bufferBefore = readFileSync(tempFolder.path);
  using lock = new DatabaseSync(join(dataDir, 'parley.lock'));
  lock.exec('BEGIN EXCLUSIVE');
  const inUse = /^DATA_DIR .* is in use by another process: end that process[^\n]*\n$/;
  const stderr = expect.stringMatching(inUse);
  expect(restoreDataDir(dataDir, copies)).toMatchObject({ status: 1, stderr });
  expect(readFileSync(tempFolder.path).equals(bufferBefore)).toBe(true);
});

/** Servers by id, with all that is stored of their settings. */
type ServerTexts = ReadonlyMap<string, StoredTexts>;

async function writeSettings(path: string, servers: ServerTexts) {
  await using store = await openLocalStore(path, options);
  for (const [server, texts] of servers) {
    const guildId = toGuildId(server);
    await store.guilds.addGuilds(toPersonId('1'), [guildId]);
    const former = Object.keys(await listTexts(store, guildId));
    const changes = former.map((key) => [key, undefined] as const);
    for (const [full, text] of [...changes, ...Object.entries(texts)]) {
      const [key = '', channel] = full.split('@');
      if (channel === undefined) await store.settings.write(guildId, key, text);
      else
        await store.settings.writeChannel(
          guildId,
          toChannelId(channel),
          new Map([[key, text]]),
        );
    }
  }
}

async function listTexts({ settings }: Store, guildId: GuildId): Promise<StoredTexts> {
  const channels = [...(await settings.readChannels(guildId))].flatMap(([id, texts]) =>
    [...texts].map(([key, text]) => [`${key}@${id}`, text] as const),
  );
  return Object.fromEntries([...(await settings.read(guildId)), ...channels]);
}

async function readSettings(path: string, server: string) {
  await using store = await openLocalStore(path, options);
  return await listTexts(store, toGuildId(server));
}

test.each([
  ['ask', []],
  ['notice', []],
  ['ask', ['--settings']],
  ['notice', ['--settings']],
])(
  'with CONSENT_POLICY=%s npm run restore %s keeps the stricter setting of the copy and the present store',
  async (operatorPolicy, flags) => {
    using tempFolder = makeStoreFolder();
    const dataDir = await makeCopiedStores(tempFolder);
    const cases = stricterCases.filter(
      ([, { policy = 'ask' }]) => policy === operatorPolicy,
    );
    const toServers = (side: 'copied' | 'present') =>
      new Map(cases.map(([, sides], n) => [`${100 + n}`, sides[side]]));
    await writeSettings(tempFolder.path, toServers('copied'));
    const copy = backUpStore(tempFolder.path, toBackupsFolder(dataDir), hourAgoMs);
    await writeSettings(tempFolder.path, toServers('present'));
    const environment = { CONSENT_POLICY: operatorPolicy };
    expect(restoreDataDir(dataDir, [...flags, copy], environment)).toMatchObject(
      success,
    );
    for (const [n, [title, { kept }]] of cases.entries())
      expect(await readSettings(tempFolder.path, `${100 + n}`), title).toEqual(kept);
  },
);

test('a server that the present store does not know gets all settings of the copy', async () => {
  using tempFolder = makeStoreFolder();
  const dataDir = await makeCopiedStores(tempFolder);
  const settings = { consent: 'notice', captions_channel: square };
  await writeSettings(tempFolder.path, new Map([['10', settings]]));
  const copy = backUpStore(tempFolder.path, toBackupsFolder(dataDir), hourAgoMs);
  rmSync(tempFolder.path);
  await makeStore(tempFolder.path);
  expect(restoreDataDir(dataDir, [copy])).toMatchObject(success);
  expect(await readSettings(tempFolder.path, '10')).toEqual(settings);
});

test.each([[[]], [['--settings']]])(
  'whoever wants private answers in the copy or now gets them after npm run restore %s',
  async (flags) => {
    using tempFolder = makeStoreFolder();
    const dataDir = await makeCopiedStores(tempFolder);
    const chooseSettings = async (id: string, settings: PersonSettings) => {
      await using store = await openLocalStore(tempFolder.path, options);
      await store.personSettings.write(toGuildId('10'), toPersonId(id), settings);
    };
    await chooseSettings(adam, {
      language: admitChosenLanguage('fr'),
      answers: 'written',
    });
    await chooseSettings(eva, { answers: 'private' });
    const copy = backUpStore(tempFolder.path, toBackupsFolder(dataDir), hourAgoMs);
    await chooseSettings(adam, {
      language: admitChosenLanguage('de'),
      answers: 'private',
    });
    await chooseSettings(eva, { answers: 'spoken' });
    expect(restoreDataDir(dataDir, [...flags, copy])).toMatchObject(success);
    await using storeAfter = await openLocalStore(tempFolder.path, options);
    const readText = (id: string) =>
      storeAfter.personSettings.read(toGuildId('10'), toPersonId(id));
    const returned = flags.length > 0 ? {} : { language: 'fr' };
    expect(await readText(adam)).toEqual({ ...returned, answers: 'private' });
    expect(await readText(eva)).toEqual({ answers: 'private' });
  },
);

test('nobody counts as told after a restore, whatever the copy and the present store say', async () => {
  using tempFolder = makeStoreFolder();
  const dataDir = await makeCopiedStores(tempFolder);
  const tellPerson = async (id: string) => {
    await using store = await openLocalStore(tempFolder.path, options);
    const told = { rules: 'notice', fromWallMs: 1 };
    const person = { channelId: toChannelId(lounge), personId: toPersonId(id) };
    await store.toldPeople.write(toGuildId('10'), [{ ...person, ...told }]);
  };
  await tellPerson(adam);
  const copy = backUpStore(tempFolder.path, toBackupsFolder(dataDir), hourAgoMs);
  await tellPerson(eva);
  expect(restoreDataDir(dataDir, [copy])).toMatchObject(success);
  await using storeAfter = await openLocalStore(tempFolder.path, options);
  expect(await storeAfter.toldPeople.read(toGuildId('10'))).toEqual([]);
});
