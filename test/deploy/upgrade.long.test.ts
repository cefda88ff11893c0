import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '#package.json' with { type: 'json' };
import { openSandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { type BackupKind, backupKinds } from '#src/storage/backups/backup-kinds.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { storePath } from '#src/storage/store.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcripts-path.ts';
import { lineOf, sessionOf } from '#test/contracts/stores/transcript-samples.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { absentEngines } from '#test/scenarios/setup/bot-setup.ts';
import { type EveryRow, rowsOfFile, rowsOfSchema } from '#test/storage/every-row.ts';
import * as rows from '#test/storage/stored-rows.ts';
import { copySources, nodeAlone } from './archive.ts';
import { settingsFor } from './image.ts';
import { Running } from './running.ts';

const run = promisify(execFile);
/** Several starts of a bot on a busy machine. */
const testMs = 180_000;
const misconfigured = 78;
/** Days for which a server keeps captions, unless it sets others. */
const standardDays = 7;

/** Files of the next version with what it changes: its number, and a migration of each store. */
const changes: readonly (readonly [path: string, from: string, to: string])[] = [
  ['package.json', `"version": "${packageJson.version}"`, '"version": "0.1.1"'],
  [
    'src/storage/stores/tables.ts',
    'return [{ version: 15, sql: createTables([...tables, ...further], dialect) }];',
    `return [
      { version: 15, sql: createTables([...tables, ...further], dialect) },
      { version: 16, sql: "ALTER TABLE consents ADD COLUMN word text NOT NULL DEFAULT 'new'" },
    ];`,
  ],
  [
    'src/storage/transcripts/schema.ts',
    'return [{ version: 3, sql }];',
    `return [
      { version: 3, sql },
      { version: 4, sql: "ALTER TABLE memories ADD COLUMN word text NOT NULL DEFAULT 'new'" },
    ];`,
  ],
];

let folder: string;
/** A copy of this version, and the next version made of it. */
let former: string;
let next: string;
let alone: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-upgrade-'));
  [former = '', next = ''] = ['former', 'next'].map((name) => join(folder, name));
  for (const version of [former, next]) {
    await copySources(version);
    await symlink(join(process.cwd(), 'node_modules'), join(version, 'node_modules'));
  }
  for (const [path, from, to] of changes) {
    const before = await readFile(join(next, path), 'utf8');
    expect(before).toContain(from);
    await writeFile(join(next, path), before.replace(from, to));
  }
  alone = await nodeAlone(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A place for data with a store of every kind of row, and what starts a version there. */
class Installation implements AsyncDisposable {
  readonly dataDir: string;
  readonly #stack = new AsyncDisposableStack();
  #env: Readonly<Record<string, string>> = {};

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async open(): Promise<Installation> {
    const place = await mkdtemp(join(folder, 'place-'));
    const installation = new Installation(join(place, 'data'));
    await mkdir(installation.dataDir);
    const sandbox = installation.#stack.use(await openSandbox());
    const login = { token: sandbox.token, apiUrl: sandbox.apiUrl, ca: sandbox.certificate };
    const settings = await settingsFor(login, place, 0);
    const { dataDir } = installation;
    installation.#env = { ...alone, ...settings, ...absentEngines, DATA_DIR: dataDir };
    return installation;
  }

  use(database: TestSchema): void {
    this.#env = { ...this.#env, DATABASE_URL: database.url.reveal() };
  }

  /** Starts a version until it can be called, and stops it; what it logged. */
  async starts(version: string): Promise<readonly string[]> {
    await using bot = new Running(
      spawn('node', ['src/app/main.mjs'], { cwd: version, env: this.#env }),
    );
    await bot.reports('ready:');
    bot.send('SIGTERM');
    expect(await bot.ended()).toBe(0);
    return bot.lines.map(({ msg }) => msg);
  }

  /** The sentences with which a version refuses to start. */
  async refuses(version: string): Promise<string> {
    const starting = run('node', ['src/app/main.mjs'], { cwd: version, env: this.#env });
    const { code, stderr } = await starting.catch((error) => error);
    expect(code).toBe(misconfigured);
    return stderr;
  }

  /** Runs a program beside the bot; what it printed. Errors: with its exit code. */
  async program(version: string, name: string, ...args: readonly string[]): Promise<string> {
    const words = [`src/app/programs/${name}.ts`, ...args];
    const { stdout, stderr } = await run('node', words, { cwd: version, env: this.#env });
    return stdout + stderr;
  }

  async rows(): Promise<readonly EveryRow[]> {
    return await Promise.all(backupKinds.map((kind) => rowsOfFile(this.#path(kind), kind)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  #path(kind: BackupKind): string {
    return kind.path(this.dataDir);
  }
}

async function writeRows(dataDir: string): Promise<void> {
  await using store = await openLocalStore(storePath(dataDir), { clock: realClock });
  await rows.writeMain(store);
  await using transcripts = await openLocalTranscripts(transcriptsPath(dataDir), {
    clock: realClock,
  });
  await rows.writeTranscripts(transcripts);
  const { guildId } = rows;
  await transcripts.writer.putSession(sessionOf('now', { guildId, startedAtWallMs: Date.now() }));
  await transcripts.writer.putLines([lineOf('now', 1, 'kept')]);
  // What a start would erase, at an instant that the test does not know.
  await transcripts.eraser.expire(Date.now(), { standard: standardDays, byGuild: {} });
}

/** That nothing a person or an owner wrote is missing. */
function expectFilled([main, transcripts]: readonly EveryRow[]): void {
  for (const table of ['consents', 'server_settings', 'reminders', 'spent', 'tracks'])
    expect(main?.[table]?.length, table).toBeGreaterThan(0);
  for (const table of ['lines', 'memories', 'sessions'])
    expect(transcripts?.[table]?.length, table).toBeGreaterThan(0);
}

function sqlite(path: string, statement: string) {
  using file = new DatabaseSync(path);
  return file.prepare(statement).all();
}

test('an upgrade keeps each row of files and copies them first; the former version names the way back, and goes it', {
  timeout: testMs,
}, async () => {
  await using place = await Installation.open();
  const { dataDir } = place;
  await writeRows(dataDir);
  expect((await place.starts(former)).filter((line) => line.startsWith('store: copied'))).toEqual(
    [],
  );
  const before = await place.rows();
  expectFilled(before);

  const log = await place.starts(next);
  expect(log).toContain('store: copied before it is brought to a new format');
  expect(await place.rows()).toEqual(before);
  const words = 'SELECT DISTINCT word FROM';
  expect(sqlite(storePath(dataDir), `${words} consents`)).toEqual([{ word: 'new' }]);
  expect(sqlite(transcriptsPath(dataDir), `${words} memories`)).toEqual([{ word: 'new' }]);
  const log2 = await place.starts(next);
  expect(log2).not.toContain('store: copied before it is brought to a new format');
  const no = `UPDATE consents SET kind = 'never' WHERE guild_id = '${rows.guildId}' AND person_id = '${rows.ana}' RETURNING 1`;
  expect(sqlite(storePath(dataDir), no)).toHaveLength(1);
  await place.program(next, 'backup'); // the newest copy is none that the former version reads

  const refusal = await place.refuses(former);
  const [, ...files] = /: npm run restore -- (\S+) (\S+)\n$/.exec(refusal) ?? [];
  expect(files.length, refusal).toBe(2);
  expect(sqlite(storePath(dataDir), `${words} consents`)).toEqual([{ word: 'new' }]);
  const restored = await place.program(former, 'restore', ...files);
  expect(restored).toContain('earlier refusals that still apply:');
  await place.starts(former);
  const [main = {}, transcripts] = await place.rows();
  const { consents = [], ...rest } = before[0] ?? {};
  const { consents: found = [], ...others } = main;
  expect([others, transcripts]).toEqual([rest, before[1]]);
  const kinds = (all: typeof consents) =>
    all.map((row) => `${row.guildId} ${row.personId} ${row.kind}`);
  const [ana, none] = [`${rows.guildId} ${rows.ana} always`, `${rows.guildId} ${rows.ana} never`];
  expect(kinds(found)).toEqual(kinds(consents).map((one) => (one === ana ? none : one)));
});

withPostgres(() => {
  test('an upgrade of a database waits for npm run migrate and keeps each row; a copy leads back into an empty one', {
    timeout: testMs,
  }, async () => {
    await using place = await Installation.open();
    await writeRows(place.dataDir);
    await place.program(former, 'backup', '--transcripts');
    await using schema = await openSchema();
    place.use(schema);
    await place.program(former, 'restore', '--transcripts');
    await place.starts(former);
    const rowsIn = (one: TestSchema) =>
      Promise.all(backupKinds.map((kind) => rowsOfSchema(one, kind)));
    const before = await rowsIn(schema);
    expectFilled(before);
    await place.program(former, 'backup', '--transcripts');

    expect(await place.refuses(next)).toContain(
      'has format 15 of store; this version writes format 16, which the former version cannot read. First copy',
    );
    await place.starts(former);
    expect(await place.program(next, 'migrate')).toBe(
      'store: format 15 -> 16\ntranscripts: format 3 -> 4\nshards: format 2 -> 2\n',
    );
    await place.starts(next);
    expect(await rowsIn(schema)).toEqual(before);
    expect(await schema.sql('SELECT DISTINCT word FROM consents')).toEqual([{ word: 'new' }]);

    expect(await place.refuses(former)).toMatch(
      /was written by a newer Parley .* restore a copy from before the update into an empty database\.\n$/,
    );
    await using empty = await openSchema();
    place.use(empty);
    await place.program(former, 'restore', '--transcripts');
    await place.starts(former);
    expect(await rowsIn(empty)).toEqual(before);
  });
});
