import { execFile } from 'node:child_process';
import { chown, glob, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '#test/fakes/servers/listening.ts';

const run = promisify(execFile);

/** Where Debian's packages put the programs of each version. */
const installed = '/usr/lib/postgresql/*/bin/initdb';

/** Password of the user postgres there. */
const password = 'only-for-tests';

type User = { readonly uid: number; readonly gid: number };

/**
 * A PostgreSQL server of its own, for tests that stop it: its `url` names the database `postgres`, and stays the same over
 * restarts. Making one takes about two seconds, so a file of tests makes one at most.
 */
export class PostgresCluster implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #programs: string;
  readonly #user: User | undefined;

  private constructor(folder: string, port: number, programs: string, user: User | undefined) {
    this.url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    this.#folder = folder;
    this.#port = port;
    this.#programs = programs;
    this.#user = user;
  }

  static async open(): Promise<PostgresCluster> {
    const [programs, user, port] = await Promise.all([programsFolder(), serverUser(), freePort()]);
    const folder = await mkdtemp(join(tmpdir(), 'parley-postgres-'));
    if (user) await chown(folder, user.uid, user.gid);
    const cluster = new PostgresCluster(folder, port, programs, user);
    const secret = join(folder, 'password');
    await writeFile(secret, password);
    if (user) await chown(secret, user.uid, user.gid);
    const how = ['--auth=scram-sha-256', `--pwfile=${secret}`, '--username=postgres', '--no-sync'];
    const plain = ['--encoding=UTF8', '--no-locale', '--no-instructions'];
    await cluster.#run('initdb', ['-D', cluster.#data, ...how, ...plain]);
    await cluster.start();
    return cluster;
  }

  async start(): Promise<void> {
    const settings = `-p ${this.#port} -k ${this.#folder} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB`;
    const log = join(this.#folder, 'log');
    await this.#run('pg_ctl', ['start', '-w', '-D', this.#data, '-l', log, '-o', settings]);
  }

  /** `fast` ends every connection in order, `immediate` as a crash does. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    await this.#run('pg_ctl', ['stop', '-w', '-D', this.#data, '-m', mode]);
  }

  /** Starts it, after a stop, as a replica that waits for its primary: it can be read, and takes no writes. */
  async startAsReplica(): Promise<void> {
    const signal = join(this.#data, 'standby.signal');
    await writeFile(signal, '');
    if (this.#user) await chown(signal, this.#user.uid, this.#user.gid);
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate').catch(() => undefined); // a test may have stopped it
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    await run(join(this.#programs, program), [...args], { ...this.#user, cwd: this.#folder });
  }
}

/** The newest that Debian's packages installed, or that of the PATH. */
async function programsFolder(): Promise<string> {
  const found = await Array.fromAsync(glob(installed));
  const newest = found.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  if (newest !== undefined) return dirname(newest);
  return (await run('pg_config', ['--bindir'])).stdout.trim();
}

/** The server refuses to run as root; then it runs as the user that its packages make. */
async function serverUser(): Promise<User | undefined> {
  if (userInfo().uid !== 0) return undefined;
  const [uid, gid] = await Promise.all([
    run('id', ['-u', 'postgres']),
    run('id', ['-g', 'postgres']),
  ]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}
