import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { BotLogin } from '#test/fakes/bot-process.ts';

const run = promisify(execFile);

/** Packages of a lockfile, with the fields used here. */
type Lock = { readonly packages: Readonly<Record<string, { readonly dev?: boolean }>> };

/** The tree that `image-steps.sh` made in `folder`, and how to start it. */
export type Image = {
  readonly app: string;
  readonly data: string;
  start(
    environment: Readonly<Record<string, string>>,
    ...options: string[]
  ): ChildProcessWithoutNullStreams;
};

/**
 * A folder for the PATH with this Node, and with a stand-in for `npm`: what its `ci` "installs" are hard links to this repository's
 * modules, those that the lockfile marks as for development left out. All else is left to the next npm on the PATH.
 */
async function npmWithoutNetwork(folder: string): Promise<string> {
  const [bin, modules] = [join(folder, 'bin'), join(folder, 'modules')];
  await mkdir(bin);
  await linkProduction(modules);
  const lines = [
    'set -eu',
    `[ "$1" = ci ] || PATH="\${PATH#*:}" exec npm "$@"`,
    `[ "$1 $2" = 'ci --omit=dev' ]`,
    `cp -Rl '${modules}/node_modules' .`,
  ];
  await writeFile(join(bin, 'npm'), `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
  await symlink(process.execPath, join(bin, 'node'));
  return bin;
}

/** Runs the `build` of the script of these sources in `folder`, without the network. */
export async function buildImage(folder: string, sources = '.'): Promise<Image> {
  const script = join(sources, 'deploy/image-steps.sh');
  await chmod(folder, 0o755);
  const [app, data] = [join(folder, 'app'), join(folder, 'data')];
  const bin = await npmWithoutNetwork(folder);
  const env = { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`, DATA: data };
  await run('sh', [script, 'build', app], { env });
  return {
    app,
    data,
    start: (environment, ...options) =>
      spawn('sh', [script, 'start', app, ...options], {
        env: { ...env, ...environment },
      }),
  };
}

/** The settings under which a bot logs in as `login` and shows its status at `port`. */
export async function settingsFor(login: BotLogin, folder: string, port: number) {
  const certificatePath = join(folder, 'ca.pem');
  await writeFile(certificatePath, login.ca);
  return {
    DISCORD_TOKEN: login.token,
    DISCORD_API_URL: login.apiUrl,
    NODE_EXTRA_CA_CERTS: certificatePath,
    STATUS_PORT: `${port}`,
    PAGE_PORT: '0',
  };
}

/** Arguments of `node` in the Dockerfile's health check. */
export async function healthCheck(): Promise<string[]> {
  const [, command = '[]'] =
    /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(await readFile('deploy/Dockerfile', 'utf8')) ?? [];
  return JSON.parse(command).slice(1);
}

/** Every file of the tree with the time it was written last; `data` leads out of it. */
export async function filesOf({ app: tree }: Image): Promise<string[]> {
  const files: string[] = [];
  for (const path of await readdir(tree, { recursive: true })) {
    if (path.startsWith('data/')) continue;
    const { mtimeMs } = await lstat(join(tree, path));
    files.push(`${path} ${mtimeMs}`);
  }
  return files.sort();
}

async function linkProduction(to: string): Promise<void> {
  const lock: Lock = JSON.parse(await readFile('package-lock.json', 'utf8'));
  for (const [at, { dev }] of Object.entries(lock.packages)) {
    if (at !== '' && !dev) await linkPackage(at, to);
  }
}

/** Packages inside a package have an entry of their own in the lockfile; those of other platforms are not here. */
async function linkPackage(at: string, to: string): Promise<void> {
  const entries = await readdir(at, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const inside = path.slice(at.length).includes('node_modules');
    if (inside || !entry.isFile()) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await linkOrCopy(path, join(to, path));
  }
}

/** A hard link, unlike a symbolic one, does not lead Node back to modules that are for development. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to); // another file system
  }
}
