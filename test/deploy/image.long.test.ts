import { execFile, spawn } from 'node:child_process';
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { openSandbox } from '#sandbox/sandbox.ts';
import { BotProcess, makeEnvironment } from '#test/fakes/bot-process.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';

const run = promisify(execFile);

/** Packages of a lockfile, with the fields used here. */
type Lock = { readonly packages: Readonly<Record<string, { readonly dev?: boolean }>> };

/**
 * A folder for the PATH with this Node, and with a stand-in for `npm`: what its `ci` "installs" are a link to this repository's
 * modules. Its `prune` leaves out those that the lockfile marks as for development. All else is left to the next npm on the PATH.
 */
async function npmWithoutNetwork(folder: string) {
  const [bin, modules] = [join(folder, 'bin'), join(folder, 'modules')];
  await mkdir(bin);
  await linkProduction(modules);
  const lines = [
    'set -eu',
    `[ "$1" != rebuild ] || exit 0`,
    `case "$1 $2" in`,
    `'ci --ignore-scripts') ln -s '${resolve('node_modules')}' . ;;`,
    `'prune --omit=dev') rm node_modules && cp -Rl '${modules}/node_modules' . ;;`,
    `*) PATH="\${PATH#*:}" exec npm "$@" ;;`,
    'esac',
  ];
  await writeFile(join(bin, 'npm'), `#!/bin/sh\n${lines.join('\n')}\n`, {
    mode: 0o755,
  });
  await symlink(process.execPath, join(bin, 'node'));
  return bin;
}

/** Runs the `build` of the script in `folder`, without the network: the tree that it makes, and how to start it. */
async function buildImage(folder: string) {
  const script = 'deploy/image-steps.sh';
  await chmod(folder, 0o755);
  const [app, data] = [join(folder, 'app'), join(folder, 'data')];
  const bin = await npmWithoutNetwork(folder);
  const env = { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`, DATA: data };
  await run('sh', [script, 'build', app], { env });
  return {
    app,
    data,
    start: (environment: Readonly<Record<string, string>>, ...options: string[]) =>
      spawn('sh', [script, 'start', app, ...options], {
        env: { ...env, ...environment },
      }),
  };
}

/** Arguments of `node` in the Dockerfile's health check. */
async function healthCheck() {
  const [, command = '[]'] =
    /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(
      await readFile('deploy/Dockerfile', 'utf8'),
    ) ?? [];
  return JSON.parse(command).slice(1);
}

/** Every file of the tree with the time it was written last; `data` leads out of it. */
async function filesOf(tree: string) {
  const files: string[] = [];
  for (const path of await readdir(tree, { recursive: true })) {
    if (path.startsWith('data/')) continue;
    const { mtimeMs } = await lstat(join(tree, path));
    files.push(`${path} ${mtimeMs}`);
  }
  return files.sort();
}

async function linkProduction(to: string) {
  const lock: Lock = JSON.parse(await readFile('package-lock.json', 'utf8'));
  for (const [at, { dev }] of Object.entries(lock.packages)) {
    if (at !== '' && at !== 'node_modules/node' && !dev) await linkPackage(at, to);
  }
}

/** Packages inside a package have an entry of their own in the lockfile; those of other platforms are not here. */
async function linkPackage(at: string, to: string) {
  const entries = await readdir(at, { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const inside = path.slice(at.length).includes('node_modules');
    if (inside || !entry.isFile()) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await linkOrCopy(path, join(to, path));
  }
}

/** A hard link, unlike a symbolic one, does not lead Node back to modules that are for development. */
async function linkOrCopy(from: string, to: string) {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to); // another file system
  }
}

/** On a busy machine; idle it takes a few seconds. */
const testMs = 120_000;
const healthyMs = 20_000;
const reportMs = 30_000;

// Proves: The image runs as a user without rights by fake (its steps without an engine)
test('the tree of the image starts with production modules only, as nobody, and writes nothing but data', {
  timeout: testMs,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'parley-image-'));
  const image = await buildImage(folder);
  expect(await readdir(join(image.app, 'node_modules'))).not.toContain('vitest');
  const filesBefore = await filesOf(image.app);

  const { token, apiUrl, certificate: ca } = stack.use(await openSandbox());
  const port = await findFreePort();
  const settings = await makeEnvironment({ token, apiUrl, ca }, folder);
  const bot = stack.use(
    BotProcess.fromChild(image.start({ ...settings, STATUS_PORT: `${port}` }), folder),
  );
  await waitForReport(bot, 'status:');
  expect(await askStatus(port, 'readyz')).toMatchObject({ status: 503 });
  await waitForReport(bot, 'ready:');
  expect(bot.log.filter(({ level }) => Number(level) >= warning)).toEqual([]);
  expect(await ownerOf(bot)).toBe(ownerExpected(bot));
  await checkStatus(port);

  process.kill(bot.pid, 'SIGHUP');
  await waitForReport(bot, 'reloaded: ');
  bot.suspendSignals();
  expect(await askStatus(port, 'readyz')).toMatchObject({ status: 200 });
  expect(await bot.stop()).toBe(0);
  expect(await filesOf(image.app)).toEqual(filesBefore);
  expect(await readdir(image.data)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^parley\./)]),
  );
  await expect(checkHealth(port)).rejects.toMatchObject({ code: 1 });
});

/** Resolves at the next line of its log that begins so. */
async function waitForReport(bot: BotProcess, text: string) {
  await bot.waitForLine(({ msg }) => msg?.startsWith(text) === true, reportMs);
}

/** Pino's number of the level. */
const warning = 40;

async function checkStatus(port: number) {
  await vi.waitFor(() => checkHealth(port), healthyMs);
  expect(await askStatus(port, 'readyz')).toMatchObject({ status: 200 });
  expect((await askStatus(port, 'metrics')).text).toContain('parley_ready 1');
}

/** Runs the health check of a container engine. Errors: with the exit code. */
async function checkHealth(port: number) {
  await run(process.execPath, await healthCheck(), { env: { STATUS_PORT: `${port}` } });
}

/** Undefined where the system does not tell in /proc. */
async function ownerOf({ pid }: BotProcess) {
  return await stat(`/proc/${pid}`).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

/** Root becomes nobody, unless nobody may not read this repository's Node. */
function ownerExpected({ complaints }: BotProcess) {
  const own = process.platform === 'linux' ? process.getuid?.() : undefined;
  return own === 0 && !complaints.includes('as root') ? 65_534 : own;
}

async function askStatus(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}/${path}`);
  return { status: response.status, text: await response.text() };
}
