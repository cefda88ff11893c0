import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { toRecord } from '#src/base/json.ts';
import { claimPart, removeLeftParts } from './claim-part.ts';
import lock from './library-lock.json' with { type: 'json' };
import manifest from './library-package.json' with { type: 'json' };

/** The builds that a machine can run follow from these facts. */
export type Machine = {
  readonly platform: string;
  readonly arch: string;
  /** A graphics card with a driver for Vulkan. */
  readonly hasVulkan: boolean;
};

type Lock = {
  readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

const buildName = /^@node-llama-cpp\/(.+)$/;
const systemNames: Readonly<Record<string, string>> = { darwin: 'mac', win32: 'win' };

/** Looks what this machine can run. */
function examineMachine(): Machine {
  const driver =
    process.platform === 'win32'
      ? 'C:\\Windows\\System32\\vulkan-1.dll'
      : '/dev/dri/renderD128';
  return {
    platform: process.platform,
    arch: process.arch,
    hasVulkan: existsSync(driver),
  };
}

/**
 * Leaves only the builds in a lock of npm that a machine can use: one for its processor, and one for its graphics card. All of
 * them take ten times the disk. Undefined for a machine without a build.
 *
 * @example
 * import { chooseLibraryLock } from '#src/downloads/install-library.ts';
 *
 * chooseLibraryLock({ platform: 'sunos', arch: 'x64', hasVulkan: false }); // undefined
 */
export function chooseLibraryLock({
  arch,
  hasVulkan,
  platform,
}: Machine): Lock | undefined {
  const plain = `${systemNames[platform] ?? platform}-${arch === 'arm' ? 'armv7l' : arch}`;
  const wanted = [plain, `${plain}-metal`, ...(hasVulkan ? [`${plain}-vulkan`] : [])];
  const isUsable = (name: string) => {
    const build = buildName.exec(name)?.[1];
    return build === undefined || wanted.includes(build);
  };
  const entries = Object.entries<Readonly<Record<string, unknown>>>(lock.packages);
  const kept = entries.filter(([path]) => isUsable(path.replace('node_modules/', '')));
  if (!kept.some(([path]) => path.startsWith('node_modules/@node-llama-cpp/')))
    return undefined;
  const packages = kept.map(([path, entry]) => {
    const { optionalDependencies: optional, ...rest } = entry;
    if (optional === undefined) return [path, entry] as const;
    const usable = Object.entries(toRecord(optional)).filter(([name]) =>
      isUsable(name),
    );
    return [
      path,
      { ...rest, optionalDependencies: Object.fromEntries(usable) },
    ] as const;
  });
  return { ...lock, packages: Object.fromEntries(packages) };
}

/** Returns the folder of the library in the bot's data, which its version names. */
export function getLibraryFolder(dataDir: string): string {
  return join(
    dataDir,
    'library',
    `node-llama-cpp-${manifest.dependencies['node-llama-cpp']}`,
  );
}

/** npm fetches 70 MB. */
const maxInstallMinutes = 30;

export type InstallOptions = {
  readonly machine?: Machine;
  /** Program of npm and its first arguments. Default: that of the search path. */
  readonly npm?: readonly [string, ...string[]];
  readonly clock?: Clock;
};

/**
 * Installs the library that runs chat models into the bot's data, by npm and its lock, which holds the checksum of each package. No
 * script of a package runs. Does nothing if it is there, and waits while another process installs it. Libraries of other versions of
 * the bot are removed. Throws BotError `download.failed` with one sentence, and changes nothing then.
 */
export async function installChatLibrary(
  dataDir: string,
  { clock = realClock, machine = examineMachine(), npm = ['npm'] }: InstallOptions,
  signal: AbortSignal,
): Promise<string> {
  const folder = getLibraryFolder(dataDir);
  if (existsSync(folder)) {
    await removeLeftParts(folder, clock);
    return folder;
  }
  const chosen = chooseLibraryLock(machine);
  if (!chosen)
    throw createInstallError(
      `There is no build of the chat library for ${machine.platform} on ${machine.arch}.`,
    );
  await mkdir(dirname(folder), { recursive: true });
  const createPart = (path: string) => mkdir(path, { recursive: true });
  await using part = await claimPart({ path: folder, createPart }, clock, signal);
  try {
    // Whoever had the part may have installed it.
    if (!existsSync(folder)) await fillFolder(part.path, folder, chosen, npm, signal);
  } finally {
    await rm(part.path, { recursive: true, force: true });
  }
  await removeOthers(folder);
  return folder;
}

async function fillFolder(
  part: string,
  folder: string,
  chosen: Lock,
  npm: readonly [string, ...string[]],
  signal: AbortSignal,
) {
  // A process that was killed has left some of it.
  for (const name of await readdir(part))
    await rm(join(part, name), { recursive: true, force: true });
  await writeFile(join(part, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(part, 'package-lock.json'), JSON.stringify(chosen));
  await runNpm(npm, part, signal);
  await rename(part, folder);
}

/** Removes what other versions of the bot have installed, and parts of it. */
async function removeOthers(folder: string) {
  const names = await readdir(dirname(folder)).catch(() => []);
  for (const name of names.filter((each) => each !== basename(folder)))
    await rm(join(dirname(folder), name), { recursive: true, force: true }).catch(
      () => undefined,
    );
}

/** Removes the library, once no model needs it. Throws the error of the system. */
export async function removeChatLibrary(dataDir: string): Promise<void> {
  await rm(dirname(getLibraryFolder(dataDir)), { recursive: true, force: true });
}

async function runNpm(
  [program, ...first]: readonly [string, ...string[]],
  cwd: string,
  signal: AbortSignal,
) {
  const limit = AbortSignal.timeout(maxInstallMinutes * 60_000);
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const child = spawn(program, [...first, 'ci', ...quiet], {
    cwd,
    signal: AbortSignal.any([signal, limit]),
    stdio: 'ignore',
    windowsHide: true,
  });
  const code = await new Promise<number | string | null>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code ?? error.name),
    );
    child.on('exit', resolve);
  });
  signal.throwIfAborted();
  if (limit.aborted)
    throw createInstallError(
      `npm could not install the chat library in ${maxInstallMinutes} minutes.`,
    );
  if (code !== 0)
    throw createInstallError(`npm could not install the chat library (${code}).`);
}

function createInstallError(message: string) {
  return new BotError('download.failed', true, message);
}
