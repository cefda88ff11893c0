import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import { realClock } from '#src/base/clock.ts';
import { type FetchProgress, fetchFile } from '#src/downloads/fetch-file.ts';
import {
  type FileManner,
  type FileServer,
  serveFile,
} from '#test/fakes/file-server.ts';

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

test.each<FileManner>(['honest', 'breaks off', 'knows no ranges', 'slow'])(
  'a file comes whole from a server that is %s',
  async (manner) => {
    await using server = await serveContent(manner);
    const file = makeWanted(server);
    await fetchFile(file, breakTransfers(server), never);
    expect(await readFile(file.path)).toEqual(content);
    expect(await readdir(join(file.path, '..'))).toEqual(['model.gguf']);
  },
);

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

test('a part of another file does not become the file', async () => {
  await using server = await serveContent('honest');
  const file = makeWanted(server);
  await fetchFile(file, { clock }, never);
  rmSync(file.path);
  await writeFile(`${file.path}.part`, Buffer.alloc(100_000, 1));
  await expect(fetchFile(file, { clock }, never)).rejects.toThrow('It was removed.');
  await fetchFile(file, { clock }, never);
  expect(await readFile(file.path)).toEqual(content);
});

test('a range that begins elsewhere is not written, and the file comes from its start', async () => {
  await using server = await serveContent('breaks off');
  const file = makeWanted(server);
  const halted = new AbortController();
  const onProgress = () => halted.abort(new Error('halted'));
  await expect(fetchFile(file, { clock, onProgress }, halted.signal)).rejects.toThrow(
    'halted',
  );
  server.manner = 'wrong range';
  await fetchFile(file, { clock }, never);
  expect(await readFile(file.path)).toEqual(content);
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
