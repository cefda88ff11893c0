import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import type { CopiedPart } from '#src/storage/copy/copied-part.ts';
import { copiedParts } from '#src/storage/copy/copied-parts.ts';
import { copyPart } from '#src/storage/copy/copy-store.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { DatabaseSync } from '#src/storage/sqlite.ts';
import type { Store } from '#src/storage/store.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { type StoreFolder, storeFolder } from '#test/storage/files.ts';
import { openIn } from './open-books.ts';

const day = '2026-11-20';
const entry = { guildId: '10', day, nanoUsd: 5e15, ms: 2, unpriced: 0, turns: 1 };
const sound = {
  source: { kind: 'link', url: 'https://host/a.mp3' },
  title: "Zoë's \0 rain",
  owner: { id: '1', name: 'Ana' },
  positionMs: 12.5,
  loop: true,
} as const;
const seat = {
  guildId: '10',
  channelId: '100',
  channelName: 'Lounge',
  callerId: '1',
  mode: 'talk',
  pipeline: 'chained',
  isPaused: false,
  sinceWallMs: 1_795_190_400_123,
  agreedIds: ['1'],
  deniedIds: ['2'],
} as const;

/** Writes something of every kind. */
async function fill(store: Store): Promise<void> {
  await store.consents.write('10', '1', { kind: 'always' });
  await store.consents.write('10', '2', { kind: 'until', wallMs: 8.64e15 });
  await store.captionChoices.leaveOut('10', '2', true);
  await store.panels.write('10', { channelId: '100', messageId: '1000' });
  await store.settings.write('10', 'instructions', 'be kind');
  const track = { name: 'bg', percent: 33.3, isPaused: true, sounds: [sound, sound] };
  await store.tracks.write('10', '100', [track]);
  await store.spending.add([entry, { ...entry, personId: '1' }, { ...entry, part: 'captions' }]);
  await store.guilds.note('5', ['10', '30']);
  await store.spending.add([{ ...entry, guildId: '20' }]);
  await store.guilds.erase('20', day);
  await store.seats.write(seat);
}

/** Everything that the ports tell of it. */
async function read(store: Store) {
  const { consents, captionChoices, panels, seats, settings, spending, tracks } = store;
  return {
    consents: await consents.read('10'),
    leftOut: await captionChoices.readLeftOut('10'),
    panel: await panels.read('10'),
    settings: await settings.read('10'),
    tracks: await tracks.read('10', '100'),
    spent: new Set(await spending.read(day)),
    noted: await store.guilds.noted('5'),
    seats: (await seats.read()).map(({ idleMs, ...rest }) => ({ ...rest, isIdle: idleMs > 1e6 })),
  };
}

/** Every row of every table but the times of a seat, which the two keep at different precision. */
function rowsOf({ path }: StoreFolder) {
  using sqlite = new DatabaseSync(path);
  const names = sqlite.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const tables = names.map(({ name }) => [name, sqlite.prepare(`SELECT * FROM ${name}`).all()]);
  return JSON.stringify(tables).replace(/"alive_ms":([\d.]+)/g, (_, ms) => `${Math.round(ms)}`);
}

async function copy(place: StoreFolder, url: Secret, to: 'postgres' | 'sqlite', replaces = false) {
  await using pool = new PostgresPool({ url, clock: realClock, mostConnections: 1 });
  const [part] = copiedParts as readonly [CopiedPart];
  const dataDir = dirname(place.path);
  return await copyPart({ part, dataDir, pool, to, replaces, clock: realClock });
}

function run(place: StoreFolder, url: Secret, ...args: readonly string[]) {
  return spawnSync(process.execPath, ['src/app/store-program.ts', ...args], {
    env: { DATA_DIR: dirname(place.path), DATABASE_URL: url.reveal() },
    encoding: 'utf8',
    timeout: 30_000,
  });
}

withPostgres(() => {
  test('npm run store moves everything to PostgreSQL, and back into another file, row by row', async () => {
    using place = storeFolder();
    using other = storeFolder();
    await using schema = await openSchema();
    await using local = await openLocalStore(place.path, { clock: realClock });
    await fill(local);
    const there = run(place, schema.url, 'copy', '--from', 'sqlite', '--to', 'postgres');
    expect([there.status, there.stderr]).toEqual([0, '']);
    expect(there.stdout).toContain('track_sounds: 2 of 2 rows\n');
    await using store = await openIn(schema);
    expect(await read(store)).toEqual(await read(local));
    await copy(other, schema.url, 'sqlite');
    expect(rowsOf(other)).toBe(rowsOf(place));
  });

  test('a target that holds something is left alone unless it may be replaced', async () => {
    using place = storeFolder();
    await using schema = await openSchema();
    await using local = await openLocalStore(place.path, { clock: realClock });
    await using store = await openIn(schema);
    await local.consents.write('10', '1', { kind: 'always' });
    await store.panels.write('20', { channelId: '1', messageId: '2' });
    await expect(copy(place, schema.url, 'postgres')).rejects.toThrow(/panels: .* --replace/);
    expect((await store.consents.read('10')).size).toBe(0);
    await expect(copy(place, schema.url, 'sqlite')).rejects.toThrow(/standings: .* --replace/);
    expect(await local.panels.read('20')).toBeUndefined();
    const counts = await copy(place, schema.url, 'postgres', true);
    expect(counts).toContainEqual({ table: 'standings', rows: 1 });
    expect(counts).toContainEqual({ table: 'panels', rows: 0 });
    expect(await store.panels.read('20')).toBeUndefined();
    expect((await store.consents.read('10')).size).toBe(1);
  });

  test('a copy that cannot be finished leaves both as they were', async () => {
    using place = storeFolder();
    await using schema = await openSchema();
    await using store = await openIn(schema);
    await fill(store);
    await schema.sql(
      'ALTER TABLE seats ALTER pipeline DROP NOT NULL; UPDATE seats SET pipeline = NULL',
    );
    await expect(copy(place, schema.url, 'sqlite')).rejects.toThrow('seats.pipeline');
    await using local = await openLocalStore(place.path, { clock: realClock });
    expect((await local.consents.read('10')).size).toBe(0);
    expect(await read(store)).toMatchObject({ noted: ['10', '30'] });
  });
});

test.each([
  [['copy'], 'npm run store -- copy --from sqlite --to postgres'],
  [['copy', '--from', 'sqlite', '--to', 'sqlite'], 'npm run store'],
])('%j is no copy: the program says how, and exits with 78', (args, words) => {
  const { status, stderr } = spawnSync(process.execPath, ['src/app/store-program.ts', ...args], {
    env: {},
    encoding: 'utf8',
  });
  expect(status).toBe(78);
  expect(stderr).toContain(words);
});

test('npm run backup names pg_dump where the store is a database, without the password', () => {
  const { status, stderr } = spawnSync(process.execPath, ['src/app/backup.ts'], {
    env: { DATABASE_URL: 'postgres://ana:hush@127.0.0.1/parley?options=-csearch_path%3Dx' },
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toContain(
    'pg_dump --format=custom --file=parley.dump postgres://ana@127.0.0.1/parley\n',
  );
});
