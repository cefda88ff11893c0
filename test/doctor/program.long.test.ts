import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseDoctorArguments } from '#doctor/doctor-arguments.ts';
import { removePlaces } from '#doctor/live/remove-places.ts';
import { realClock } from '#src/base/clock.ts';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import {
  checkDataFolder,
  checkFreeSpace,
  judgeFreeSpace,
} from '#src/startup/data-folder-checks.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { storePath } from '#src/storage/store-kinds.ts';
import { openPatient } from '#test/doctor/discord/examine-sandbox.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openLocks } from '#test/storage/postgres/open-locks.ts';
import {
  answerJson,
  canary,
  openExaminedServer,
  runExamination,
} from './run-examination.ts';

const run = promisify(execFile);

test('the program ends by itself with its exit code, and repeats nothing it was given', async () => {
  const env = { ...getCompileCacheEnvironment(), OPENAI_API_KEY: canary };
  const options = { env, cwd: tmpdir(), timeout: 60_000 };
  const main = resolve('doctor/main.ts');
  const good = await run(process.execPath, [main, '--offline'], options);
  expect(good.stdout).toContain('CHAT_COMPLETION: https://api.openai.com/v1, key set');
  expect(good.stdout).not.toContain(canary);
  const bad = run(process.execPath, [main, '--key', canary], options);
  await expect(bad).rejects.toMatchObject({ code: 78 });
});

/** Settings of a chat server that refuses everything. */
async function openBrokenServer() {
  const server = await openExaminedServer(
    {},
    answerJson({ error: { message: 'No.' } }, 500),
  );
  return { server, settings: { CHAT_COMPLETION_BASE_URL: `${server.origin}/v1` } };
}

type Patient = Awaited<ReturnType<typeof openPatient>>;

/** Its store is none any more. */
function breakStore({ environment }: Patient) {
  writeFileSync(join(environment.DATA_DIR, 'parley.db'), 'this is no database');
}

test('a server that does not work is enough for 1, however well Discord is', async () => {
  await using patient = await openPatient();
  const { server, settings } = await openBrokenServer();
  using _ = server;
  expect((await patient.examine([], settings)).code).toBe(1);
});

test('a token that Discord refuses counts over a server that does not work, and a store: 78', async () => {
  await using patient = await openPatient();
  const { server, settings } = await openBrokenServer();
  using _ = server;
  breakStore(patient);
  const { code, text } = await patient.examine([], {
    ...settings,
    DISCORD_TOKEN: 'wrong.token.of-somebody',
  });
  expect(code).toBe(78);
  expect(text).toContain('CHAT_COMPLETION: ');
});

test('offline a broken store still counts, and Discord is not asked', async () => {
  await using patient = await openPatient();
  breakStore(patient);
  const { code, about } = await patient.examine(['--offline']);
  expect([about('token'), code]).toEqual(['ok token set, not checked', 1]);
});

const never = new AbortController().signal;
const channel = '1230000000000000002';

test.each([
  ['Lounge'],
  ['--silence', '0s'],
  ['--silence', '2h'],
  ['--silence', '90m'],
  ['--offline'],
  ['--tell-operator'],
  ['--provider', 'https://example.com'],
])('--live %s %s is refused', (...args) =>
  expect(parseDoctorArguments(['--live', ...args])).toEqual(expect.any(String)),
);

test('--silence belongs to --live', () =>
  expect(parseDoctorArguments(['--silence', '5s'])).toBe('--silence: needs --live.'));

test('the check does not begin beside a bot that runs, and says what to do', async () => {
  await using patient = await openPatient();
  const { sandbox, environment, examine } = patient;
  using _lock = await lockDataDir(environment.DATA_DIR, { clock: realClock }, never);
  const { code, about, lines, mendOf } = await examine(['--live']);
  expect(code).toBe(1);
  expect(lines[0]).toMatch(/^The bot hears no person\. /);
  expect(about('live check')).toMatch(
    /^missing live check not started: a bot runs as process \d+/,
  );
  expect(mendOf('live check')).toMatch(/^stop the bot, or run/);
  expect(sandbox.gatewaySessions()).toEqual([]);
});

test('without a token, or where the operator sits nowhere, the check does not begin', async () => {
  await using patient = await openPatient();
  const without = await patient.examine(['--live'], { DISCORD_TOKEN: '' });
  expect([without.code, without.text]).toEqual([
    78,
    'DISCORD_TOKEN: missing; --live needs a bot',
  ]);
  const nowhere = await patient.examine(['--live']);
  expect(nowhere.code).toBe(1);
  expect(nowhere.about('channel')).toMatch(
    /^missing channel no owner of the application is in/,
  );
  expect(patient.sandbox.gatewaySessions()).toEqual([]);
});

test('a token that Discord refuses ends the check with 78', async () => {
  await using patient = await openPatient();
  const { code, about } = await patient.examine(['--live'], {
    ...{ DISCORD_TOKEN: 'MTIz.abcdef.not-the-token-of-anybody-at-all' },
  });
  expect([code, about('token')]).toEqual([
    78,
    expect.stringMatching(/^missing token Discord refused/),
  ]);
});

test('a report holds neither ids nor addresses', () =>
  expect(
    removePlaces(
      `${channel} at c-ams10-0a1b2c3d.discord.media:2053, 203.0.113.7:50001, 2001:db8::7, wss://example.com/?v=8 at 12:30:45`,
    ),
  ).toBe('[id] at [address], [address], [address], [address] at 12:30:45'));

/** A `DATA_DIR` of its own, and the doctor who looks at it. */
function dataDir() {
  const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  return {
    folder,
    examine: () => runExamination(['--offline'], { DATA_DIR: folder }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

test('in a folder where no bot ever ran, the doctor says so and creates nothing', async () => {
  using tempFolder = dataDir();
  const { code, about } = await tempFolder.examine();
  expect([code, about('lock')]).toEqual([0, 'ok lock free: no bot uses this folder']);
  expect(readdirSync(tempFolder.folder)).toEqual([]);
});

test('the doctor names the process that works on DATA_DIR, and its stores', async () => {
  using tempFolder = dataDir();
  using _lock = await lockDataDir(tempFolder.folder, { clock: realClock }, never);
  await using _store = await openLocalStore(storePath(tempFolder.folder), {
    clock: realClock,
  });
  const { code, about } = await tempFolder.examine();
  expect(code).toBe(0);
  expect(about('lock')).toMatch(
    new RegExp(`^ok lock process ${process.pid} on \\S+ uses this folder$`),
  );
  expect(about('parley.db')).toBe('ok parley.db can be read');
});

const examineNow = ({ url }: Pick<TestSchema, 'url'>) =>
  runExamination(['--offline'], { DATABASE_URL: url.reveal() });

withPostgres(() => {
  test('a database that does not answer is no place to start', async () => {
    const secret = 'canary-password';
    const away = await runExamination(['--offline'], {
      DATABASE_URL: `postgres://me:${secret}@127.0.0.1:1/none`,
    });
    expect([away.code, away.about('database')]).toEqual([
      1,
      expect.stringMatching(
        /^missing database The database 127\.0\.0\.1:1\/none cannot be reached/,
      ),
    ]);
    expect(away.text).not.toContain(secret);
  });
});

withPostgres(() => {
  test('the doctor names who serves which shards', async () => {
    await using schema = await openSchema();
    await using _one = await openLocks(schema, { count: 5, first: 0, last: 2 });
    await using _two = await openLocks(schema, { count: 5, first: 3, last: 3 });
    const { code, text } = await examineNow(schema);
    const lines = text.replace(/ {2,}/g, ' ').match(/^.*ok process .*$/gm) ?? [];
    expect([code, lines]).toEqual([
      0,
      [
        expect.stringMatching(/ok process \S+ \d+, shards 0, 1, 2 of 5$/),
        expect.stringMatching(/ok process \S+ \d+, shards 3 of 5$/),
      ],
    ]);
  });
});

test('a disk that is full is told with how to mend it', () => {
  expect(judgeFreeSpace('/data', 20)).toMatchObject({
    verdict: 'missing',
    reason: '20 MB are free in /data',
  });
  expect(judgeFreeSpace('/data', 200)).toMatchObject({ verdict: 'differs' });
  expect(judgeFreeSpace('/data', 2_000)).toMatchObject({ verdict: 'ok' });
});

test('a DATA_DIR that is not there yet is judged by the folder it will be made in', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  try {
    const line = await checkFreeSpace(join(folder, 'deep', 'data'));
    expect(line.reason).toContain(` MB are free in ${folder}`);
    chmodSync(folder, 0o500);
    const isRoot = process.getuid?.() === 0;
    expect((await checkDataFolder(join(folder, 'deep'))).verdict).toBe(
      isRoot ? 'ok' : 'missing',
    );
  } finally {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  }
});

test('the doctor reports on this machine without a request to anybody', async () => {
  const { code, about } = await runExamination(['--offline']);
  expect(code).toBe(0);
  expect(about('decode')).toMatch(/^ok decode Opus by \S+$/);
  expect(about('ciphers')).toMatch(
    /^ok ciphers AES-256-GCM, and XChaCha20-Poly1305 by \S+; DAVE loads$/,
  );
  expect(about('token')).toMatch(/^ok token not set/);
});
