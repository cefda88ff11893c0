import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Clock, realClock } from '#src/base/clock.ts';
import {
  estimateTokensPerSecond,
  fetchableModels,
  fitsMachine,
  modelSchema,
} from '#src/downloads/catalogue.ts';
import { removeOldParts } from '#src/downloads/claim-part.ts';
import { type FetchProgress, fetchFile, isFetched } from '#src/downloads/fetch-file.ts';
import {
  chooseLibraryLock,
  getLibraryFolder,
  installChatLibrary,
} from '#src/downloads/install-library.ts';
import {
  fetchableVoices,
  findFetchableVoice,
  formatVoice,
  voiceSchema,
} from '#src/downloads/voice-catalogue.ts';
import {
  type FileManner,
  type FileServer,
  serveFile,
} from '#test/fakes/file-server.ts';

const [small] = fetchableModels;

test('three models of about 0.5, 1.5 and 4 billion weights are offered, each by its hash and a free licence', () => {
  expect(fetchableModels.map(({ billions }) => billions)).toEqual([0.5, 1.5, 4]);
  for (const { languages, licence, memoryBytes, bytes } of fetchableModels) {
    expect(['Apache-2.0', 'MIT']).toContain(licence);
    expect(memoryBytes).toBeGreaterThan(bytes);
    expect(languages).toContain('en');
  }
});

test.each([
  ['no hash', { sha256: undefined }],
  ['a short hash', { sha256: 'abc' }],
  ['another licence', { licence: 'Gemma' }],
  ['an address of its own', { path: 'https://example.org/model.gguf' }],
  ['no word where its hash was looked up', { lookedUp: '' }],
])('a model with %s is not taken into the catalogue', (_, change) => {
  expect(modelSchema.safeParse(small).success).toBe(true);
  expect(modelSchema.safeParse({ ...small, ...change }).success).toBe(false);
});

test('a model is offered where memory and twice its size on disk are there', () => {
  const much = { memoryBytes: 64e9, diskBytes: 900e9 };
  expect(fetchableModels.every((model) => fitsMachine(model, much))).toBe(true);
  const littleDisk = { ...much, diskBytes: 2.2e9 };
  expect(
    fetchableModels.filter((model) => fitsMachine(model, littleDisk)),
  ).toHaveLength(1);
  const littleMemory = { ...much, memoryBytes: 1e9 };
  expect(fetchableModels.some((model) => fitsMachine(model, littleMemory))).toBe(false);
});

test('a model twice as large is estimated to be half as quick', () => {
  expect(estimateTokensPerSecond({ bytes: 1e9 }, 8e9)).toBe(8);
  expect(estimateTokensPerSecond({ bytes: 2e9 }, 8e9)).toBe(4);
});

const [first] = fetchableVoices;

test('voices of seven languages are offered by name, size and a free licence', () => {
  expect(fetchableVoices.map(formatVoice)).toEqual([
    'Thorsten (63 MB, CC0-1.0)',
    'DaveFX (63 MB, CC0-1.0)',
    'Siwis (63 MB, CC-BY-4.0)',
    'Paola (64 MB, CC0-1.0)',
    'Darkman (63 MB, CC0-1.0)',
    'Faber (63 MB, CC0-1.0)',
    'Dmitri (63 MB, CC0-1.0)',
  ]);
  for (const { folder, language, name } of fetchableVoices) {
    expect(name.startsWith(language.replace('-', '_'))).toBe(true);
    expect(folder).toMatch(/\/resolve\/[\da-f]{40}\//);
  }
});

test('a voice is found by its language, whatever the region', () => {
  expect(findFetchableVoice('de-AT')?.speaker).toBe('Thorsten');
  expect(findFetchableVoice('pt-PT')?.speaker).toBe('Faber');
  expect(findFetchableVoice('ja')).toBeUndefined();
});

test.each([
  ['no hash', { model: { bytes: 5 } }],
  ['a licence for research', { licence: 'CC-BY-NC-4.0' }],
  ['an address of its own', { folder: 'https://example.org/voice' }],
  ['a name that leaves its folder', { name: '../de_DE-thorsten' }],
  ['no word where its hashes were looked up', { lookedUp: '' }],
])('a voice with %s is not taken into the catalogue', (_, change) => {
  expect(voiceSchema.safeParse(first).success).toBe(true);
  expect(voiceSchema.safeParse({ ...first, ...change }).success).toBe(false);
});

const folder = mkdtempSync(join(tmpdir(), 'parley-downloads-'));
afterAll(() => rmSync(folder, { recursive: true }));
const never = new AbortController().signal;

const content = Buffer.alloc(300_000, 'weights of a model, ');
const sha256 = createHash('sha256').update(content).digest('hex');
let nowMs = 0;
/** Pauses take no time, and each look at the clock a second, so that each piece is told. */
const clock: Clock = {
  ...realClock,
  nowMs: () => {
    nowMs += 1_000;
    return nowMs;
  },
  sleep: async () => undefined,
};

async function serveContent(manner: FileManner) {
  return await serveFile(content, manner);
}

/** Breaks the connection off each time that a piece has come. */
function breakTransfers(server: FileServer) {
  return { clock, onProgress: () => server.breakOff() };
}

let files = 0;
function makeWanted({ address }: Pick<FileServer, 'address'>) {
  const path = join(folder, `${++files}`, 'model.gguf');
  return { url: `${address}/owner/model.gguf`, path, bytes: content.length, sha256 };
}

test.each<FileManner>([
  'honest',
  'breaks off',
  'knows no ranges',
  'slow',
  'packed',
  'redirects',
])('a file comes whole from a server that is %s', async (manner) => {
  await using server = await serveContent(manner);
  const file = makeWanted(server);
  await fetchFile(file, breakTransfers(server), never);
  expect(await readFile(file.path)).toEqual(content);
  expect(await listFiles(file)).toEqual(['model.gguf', 'model.gguf.checked']);
});

const listFiles = async ({ path }: { readonly path: string }) =>
  (await readdir(join(path, '..'))).toSorted();

test('after a break only the rest is asked for', async () => {
  await using server = await serveContent('breaks off');
  await fetchFile(makeWanted(server), breakTransfers(server), never);
  expect(server.ranges[0]).toBeUndefined();
  expect(server.ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
});

test.each<[FileManner, RegExp]>([
  ['too short', /ended the file too early/],
  ['lies about its length', /offers 600000 bytes, and the file has 300000/],
  ['too long', /sent more than the 300000 bytes/],
  ['wrong content', /sent another file than the one that this version names/],
  ['not there', /answered with status 404/],
])(
  'a server that is or sends "%s" leaves no file, and one sentence',
  async (manner, said) => {
    await using server = await serveContent(manner);
    const file = makeWanted(server);
    const fetching = fetchFile(file, { clock }, never);
    await expect(fetching).rejects.toMatchObject({ code: 'download.failed' });
    await expect(fetching).rejects.toThrow(said);
    expect(await readdir(join(file.path, '..'))).not.toContain('model.gguf');
    if (manner !== 'too short')
      expect(await readdir(join(file.path, '..'))).toEqual([]);
  },
);

test('a wrong part of an earlier fetch costs a fetch, and the server is not blamed', async () => {
  await using server = await serveContent('honest');
  const file = makeWanted(server);
  await mkdir(join(file.path, '..'));
  await writeFile(`${file.path}.part`, Buffer.alloc(100_000, 1));
  await fetchFile(file, { clock }, never);
  expect(await readFile(file.path)).toEqual(content);
  expect(server.ranges).toEqual(['bytes=100000-', undefined]);
});

test.each<FileManner>(['wrong range', 'wrong total', 'no such range', 'packed'])(
  'a rest that is "%s" is not written, and the file comes from its start',
  async (manner) => {
    await using server = await serveContent('breaks off');
    const file = makeWanted(server);
    const halted = new AbortController();
    const onProgress = () => halted.abort(new Error('halted'));
    const fetching = fetchFile(file, { clock, onProgress }, halted.signal);
    await expect(fetching).rejects.toThrow('halted');
    server.manner = manner;
    await fetchFile(file, { clock }, never);
    expect(await readFile(file.path)).toEqual(content);
    expect(server.ranges[1]).toMatch(/^bytes=[1-9]/);
    expect(server.ranges[2]).toBeUndefined();
  },
);

test('a file whose bytes are wrong is fetched anew, though its size is right', async () => {
  await using server = await serveContent('honest');
  const file = makeWanted(server);
  await mkdir(join(file.path, '..'));
  await writeFile(file.path, Buffer.alloc(content.length));
  await fetchFile(file, { clock }, never);
  expect(await readFile(file.path)).toEqual(content);
});

test('of two that fetch a file at once, one asks the server, and both have it', async () => {
  await using server = await serveContent('slow');
  const file = makeWanted(server);
  const sleepBriefly = (ms: number, signal: AbortSignal) =>
    realClock.sleep(ms / 20, signal);
  const deps = { clock: { ...clock, sleep: sleepBriefly } };
  const first = fetchFile(file, deps, never);
  await expect.poll(() => server.ranges.length).toBe(1);
  await Promise.all([first, fetchFile(file, deps, never)]);
  expect(server.ranges).toEqual([undefined]);
  expect(await readFile(file.path)).toEqual(content);
  expect(await listFiles(file)).toEqual(['model.gguf', 'model.gguf.checked']);
});

/** Bytes that this process has read so far, of files and whatever else. */
function countReadBytes() {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

test.runIf(existsSync('/proc/self/io'))(
  'whoever waits for another fetch reads a wrong file of the right size once, and not each second',
  async () => {
    await using server = await serveContent('breaks off');
    const file = { ...makeWanted(server), bytes: 30_000_000 };
    await mkdir(join(file.path, '..'));
    await writeFile(file.path, Buffer.alloc(file.bytes));
    await writeFile(`${file.path}.part-of-another`, 'begun');
    const leaving = new AbortController();
    let waits = 0;
    const sleep = async () => {
      if (++waits === 20) leaving.abort(new Error('waited long enough'));
      leaving.signal.throwIfAborted();
    };
    const before = countReadBytes();
    const waiting = fetchFile(file, { clock: { ...clock, sleep } }, leaving.signal);
    await expect(waiting).rejects.toThrow('waited long enough');
    expect(countReadBytes() - before).toBeLessThan(5 * file.bytes);
  },
);

test('a mirror that wants a login gets it, and no error repeats it', async () => {
  await using server = await serveContent('honest');
  const file = makeWanted(server);
  const url = file.url.replace('://', '://ana:p%40ss@');
  await fetchFile({ ...file, url }, { clock }, never);
  expect(server.logins).toEqual([
    `Basic ${Buffer.from('ana:p@ss').toString('base64')}`,
  ]);
  server.manner = 'not there';
  const fetching = fetchFile({ ...makeWanted(server), url }, { clock }, never);
  await expect(fetching).rejects.toThrow(
    /^127\.0\.0\.1:\d+ answered with status 404\.$/,
  );
});

test('what a killed process had fetched is gone on with once nobody writes it', async () => {
  await using server = await serveContent('honest');
  const file = makeWanted(server);
  await mkdir(join(file.path, '..'));
  await writeFile(`${file.path}.part-of-another`, content.subarray(0, 100_000));
  const wallMs = () => Date.now() + 61_000;
  await fetchFile(file, { clock: { ...clock, wallMs } }, never);
  expect(server.ranges).toEqual(['bytes=100000-']);
  expect(await readFile(file.path)).toEqual(content);
});

test('nothing that killed processes have left of a file stays once it is whole, nor for more than a week', async () => {
  await using server = await serveContent('honest');
  const file = makeWanted(server);
  const folder = join(file.path, '..');
  await mkdir(join(folder, 'inside'), { recursive: true });
  const old = new Date(Date.now() - 8 * 86_400_000);
  const leftOver = [
    'model.gguf.part-of-one',
    'other.gguf.part-of-two',
    'inside/v.onnx.part',
  ];
  for (const name of leftOver) {
    await writeFile(join(folder, name), 'begun');
    await utimes(join(folder, name), old, old);
  }
  await writeFile(join(folder, 'begun.gguf.part-of-three'), 'begun');
  await writeFile(`${file.path}.part-of-two`, content.subarray(0, 5));
  const wallMs = () => Date.now() + 61_000;
  await fetchFile(file, { clock: { ...clock, wallMs } }, never);
  expect((await listFiles(file)).filter((name) => name.startsWith('model'))).toEqual([
    'model.gguf',
    'model.gguf.checked',
  ]);
  await removeOldParts(folder, realClock);
  expect((await readdir(folder, { recursive: true })).toSorted()).toEqual([
    'begun.gguf.part-of-three',
    'inside',
    'model.gguf',
    'model.gguf.checked',
  ]);
});

test('a file that changed since it was fetched is noticed without being read, also one of the same size', async () => {
  await using server = await serveContent('honest');
  const file = makeWanted(server);
  expect(await isFetched(file)).toBe(false);
  await fetchFile(file, { clock }, never);
  expect(await isFetched(file)).toBe(true);
  expect(await isFetched({ ...file, sha256: '0'.repeat(64) })).toBe(false);
  const { atime, mtime } = await stat(file.path);
  await writeFile(file.path, Buffer.alloc(content.length));
  await utimes(file.path, atime, mtime);
  expect(await isFetched(file)).toBe(false);
  await fetchFile(file, { clock }, never);
  expect(await readFile(file.path)).toEqual(content);
  expect(await isFetched(file)).toBe(true);
});

test('a file that is removed while it is fetched ends the fetch, and no server is blamed', async () => {
  await using server = await serveContent('breaks off');
  const file = makeWanted(server);
  const onProgress = () => {
    rmSync(join(file.path, '..'), { recursive: true });
    server.breakOff();
  };
  const fetching = fetchFile(file, { clock, onProgress }, never);
  await expect(fetching).rejects.toThrow(
    'model.gguf was removed while it was fetched.',
  );
  expect(server.ranges).toHaveLength(1);
});

test('a folder that cannot be written is told in one sentence', async () => {
  await using server = await serveContent('honest');
  const file = makeWanted(server);
  await writeFile(join(file.path, '..'), 'no folder');
  await expect(fetchFile(file, { clock }, never)).rejects.toMatchObject({
    code: 'download.failed',
    message: expect.stringMatching(/cannot be written \(EEXIST/),
  });
});

test('a fetch that was stopped keeps its part, and the next one goes on', async () => {
  await using server = await serveContent('slow');
  const file = makeWanted(server);
  const stopping = new AbortController();
  const onProgress = ({ doneBytes }: FetchProgress) => {
    if (doneBytes > 0) stopping.abort(new Error('stopped by its owner'));
  };
  await expect(fetchFile(file, { clock, onProgress }, stopping.signal)).rejects.toThrow(
    'stopped by its owner',
  );
  server.manner = 'honest';
  await fetchFile(file, { clock }, never);
  expect(server.ranges[1]).toMatch(/^bytes=[1-9]/);
});

test('too little disk is told before anything is asked', async () => {
  await using server = await serveContent('honest');
  const readFreeBytes = async () => 400_000;
  await expect(
    fetchFile(makeWanted(server), { clock, readFreeBytes }, never),
  ).rejects.toThrow(/0 MB are free on the disk of .* and 1 MB are needed/);
  expect(server.ranges).toEqual([]);
});

test('progress tells the time that is left', async () => {
  await using server = await serveContent('slow');
  const told: FetchProgress[] = [];
  await fetchFile(
    makeWanted(server),
    { clock, onProgress: (progress) => told.push(progress) },
    never,
  );
  expect(told.length).toBeGreaterThan(2);
  expect(told.at(-1)).toMatchObject({ doneBytes: content.length, leftMs: 0 });
  expect(told.slice(1, -1).every(({ leftMs }) => Number(leftMs) > 0)).toBe(true);
});

test('a file that is there and right is not fetched again', async () => {
  await using server = await serveContent('honest');
  const file = makeWanted(server);
  await fetchFile(file, { clock }, never);
  await fetchFile(file, { clock }, never);
  expect(server.ranges).toHaveLength(1);
});

const libraryFolder = mkdtempSync(join(tmpdir(), 'parley-library-'));
afterAll(() => rmSync(libraryFolder, { recursive: true }));
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
  const dataDir = join(libraryFolder, 'a');
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

test('of two that install the library at once, one asks npm, and libraries of other versions go', async () => {
  const dataDir = join(libraryFolder, 'd');
  const parent = join(getLibraryFolder(dataDir), '..');
  await mkdir(join(parent, 'node-llama-cpp-1.0.0'), { recursive: true });
  const log = join(libraryFolder, 'installations');
  const script = `require('fs').appendFileSync(${JSON.stringify(log)}, 'npm;');setTimeout(() => 0, 300)`;
  const npm = [process.execPath, '-e', script] as const;
  const sleep = (ms: number, signal: AbortSignal) => realClock.sleep(ms / 20, signal);
  const options = { machine: plain, npm, clock: { ...realClock, sleep } };
  const install = () => installChatLibrary(dataDir, options, never);
  expect(await Promise.all([install(), install()])).toEqual([
    getLibraryFolder(dataDir),
    getLibraryFolder(dataDir),
  ]);
  expect(readFileSync(log, 'utf8')).toBe('npm;');
  expect(await readdir(parent)).toEqual([basename(getLibraryFolder(dataDir))]);
});

test.each([
  [[process.execPath, '-e', 'process.exit(3)'], /npm could not install .* \(3\)/],
  [['no-such-program'], /npm could not install .* \(ENOENT\)/],
] as const)('an npm that fails leaves nothing, and one sentence', async (npm, said) => {
  const dataDir = join(libraryFolder, 'b');
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
    installChatLibrary(join(libraryFolder, 'c'), { machine }, never),
  ).rejects.toThrow('no build of the chat library for sunos on x64');
});
