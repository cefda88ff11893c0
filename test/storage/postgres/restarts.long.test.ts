import { execFile } from 'node:child_process';
import { chown, glob, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { openPostgresStore } from '#src/storage/postgres/keep-stores.ts';
import type { StoreEvent } from '#src/storage/store-health.ts';
import { sqlStores } from '#src/storage/stores/store-parts.ts';
import { withPostgres } from '#test/fakes/postgres.ts';
import { freePort } from '#test/fakes/servers/listening.ts';

const run = promisify(execFile);

/** Where Debian's packages put the programs of each version. */
const installed = '/usr/lib/postgresql/*/bin/initdb';

/** Password of the user postgres there. */
const password = 'only-for-tests';

/**
 * A PostgreSQL server of its own, for tests that stop it: its `url` names the database `postgres`, and stays the same over
 * restarts. Making one takes about two seconds, so a file of tests makes one at most.
 */
async function openCluster() {
  const [programs, user, port] = await Promise.all([programsFolder(), serverUser(), freePort()]);
  const folder = await mkdtemp(join(tmpdir(), 'parley-postgres-'));
  const [data, secret] = [join(folder, 'data'), join(folder, 'password')];
  const own = async (path: string) => user && (await chown(path, user.uid, user.gid));
  const inFolder = (program: string, ...args: string[]) =>
    run(join(programs, program), ['-D', data, ...args], { ...user, cwd: folder });
  const start = () => {
    const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB`;
    return inFolder('pg_ctl', 'start', '-w', '-l', join(folder, 'log'), '-o', settings);
  };
  /** `fast` ends every connection in order, `immediate` as a crash does. */
  const stop = (mode: 'fast' | 'immediate' = 'fast') =>
    inFolder('pg_ctl', 'stop', '-w', '-m', mode);
  await own(folder);
  await writeFile(secret, password);
  await own(secret);
  const how = ['--auth=scram-sha-256', `--pwfile=${secret}`, '--username=postgres', '--no-sync'];
  await inFolder('initdb', ...how, '--encoding=UTF8', '--no-locale', '--no-instructions');
  await start();
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await stop('immediate').catch(() => undefined); // a test may have stopped it
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The newest that Debian's packages installed, or that of the PATH. */
async function programsFolder(): Promise<string> {
  const found = await Array.fromAsync(glob(installed));
  const newest = found.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  if (newest !== undefined) return dirname(newest);
  return (await run('pg_config', ['--bindir'])).stdout.trim();
}

/** The server refuses to run as root; then it runs as the user that its packages make. */
async function serverUser() {
  if (userInfo().uid !== 0) return undefined;
  const [uid, gid] = await Promise.all([
    run('id', ['-u', 'postgres']),
    run('id', ['-g', 'postgres']),
  ]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

const until = new AbortController().signal;
const clock = realClock;
const deaf = () => undefined;

/** Error of a refused start. */
function refusal(url: string): Promise<unknown> {
  const options = { url: new Secret(url), clock, report: deaf };
  return openPostgresStore(options, until).catch((error) => error);
}

withPostgres(() => {
  test('a server that restarts or crashes is used again at once, and a wrong password is refused', async () => {
    await using cluster = await openCluster();
    const url = new Secret(cluster.url);
    const wrong = cluster.url.replace(/:[^:@]+@/, ':guessed@');
    expect(await refusal(wrong)).toMatchObject({
      code: 'store.misconfigured',
      message: expect.stringContaining('(password authentication failed for user "postgres")'),
    });
    const events: StoreEvent[] = [];
    const report = (event: StoreEvent) => events.push(event);
    const opened = await openPostgresStore({ url, clock, report }, until);
    await using store = sqlStores(opened.main);
    for (const mode of ['fast', 'immediate'] as const) {
      await store.consents.write('10', mode, { kind: 'always' });
      await cluster.stop(mode);
      const writing = store.consents.write('10', `${mode} later`, { kind: 'never' });
      await expect(writing).rejects.toMatchObject({ code: 'store.unwritable' });
      await expect(store.panels.read('20')).rejects.toMatchObject({ code: 'store.unreadable' });
      await cluster.start();
      await store.consents.write('10', `${mode} later`, { kind: 'never' });
    }
    expect([...(await store.consents.read('10')).keys()].sort()).toEqual([
      'fast',
      'fast later',
      'immediate',
      'immediate later',
    ]);
    const kinds = events.flatMap(({ kind }) => (kind === 'written' ? [] : [kind]));
    expect(kinds.at(0)).toBe('opened');
    expect(kinds.filter((kind) => kind === 'refused').length).toBeGreaterThanOrEqual(2);
    expect(kinds.at(-1)).toBe('opened');
  });
});
