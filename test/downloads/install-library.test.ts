import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  chooseLibraryLock,
  getLibraryFolder,
  installChatLibrary,
} from '#src/downloads/install-library.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-library-'));
afterAll(() => rmSync(folder, { recursive: true }));
const never = new AbortController().signal;
const plain = { platform: 'linux', arch: 'x64', hasVulkan: false };

function listBuilds(machine: typeof plain) {
  const names = Object.keys(chooseLibraryLock(machine)?.packages ?? {});
  return names.filter((name) => name.includes('@node-llama-cpp/'));
}

test('only builds that a machine can run are installed', () => {
  const prefix = 'node_modules/@node-llama-cpp/';
  expect(listBuilds(plain)).toEqual([`${prefix}linux-x64`]);
  expect(listBuilds({ ...plain, hasVulkan: true })).toEqual([
    `${prefix}linux-x64`,
    `${prefix}linux-x64-vulkan`,
  ]);
  expect(listBuilds({ platform: 'darwin', arch: 'arm64', hasVulkan: false })).toEqual([
    `${prefix}mac-arm64-metal`,
  ]);
  expect(listBuilds({ platform: 'win32', arch: 'x64', hasVulkan: false })).toEqual([
    `${prefix}win-x64`,
  ]);
});

test('each package of the lock has its checksum', () => {
  const { packages = {} } = chooseLibraryLock(plain) ?? {};
  const bare = Object.entries(packages).filter(
    ([path, entry]) => path !== '' && typeof entry.integrity !== 'string',
  );
  expect(bare).toEqual([]);
  expect(Object.keys(packages).length).toBeGreaterThan(50);
});

test('npm gets a lock, runs no script, and the folder has its name only at the end', async () => {
  const dataDir = join(folder, 'a');
  const script =
    "require('fs').writeFileSync('ran', process.argv.slice(1).join(' ') + require('fs').existsSync('package-lock.json'))";
  const npm = [process.execPath, '-e', script] as const;
  const installed = await installChatLibrary(dataDir, { machine: plain, npm }, never);
  expect(installed).toBe(getLibraryFolder(dataDir));
  const ran = readFileSync(join(installed, 'ran'), 'utf8');
  expect(ran).toMatch(/^ci .*true$/);
  const failing = [process.execPath, '-e', 'process.exit(1)'] as const;
  // It is there, so npm is not asked again.
  await installChatLibrary(dataDir, { machine: plain, npm: failing }, never);
});

test.each([
  [[process.execPath, '-e', 'process.exit(3)'], /npm could not install .* \(3\)/],
  [['no-such-program'], /npm could not install .* \(ENOENT\)/],
] as const)('an npm that fails leaves nothing, and one sentence', async (npm, said) => {
  const dataDir = join(folder, 'b');
  const installing = installChatLibrary(
    dataDir,
    { machine: plain, npm: npm as unknown as readonly [string, ...string[]] },
    never,
  );
  await expect(installing).rejects.toThrow(said);
  expect(existsSync(getLibraryFolder(dataDir))).toBe(false);
});

test('a machine without a build is told so before anything is fetched', async () => {
  const machine = { ...plain, platform: 'sunos' };
  await expect(
    installChatLibrary(join(folder, 'c'), { machine }, never),
  ).rejects.toThrow('no build of the chat library for sunos on x64');
});
