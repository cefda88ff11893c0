import { pbkdf2Sync } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { OggPages } from '#src/audio/ogg-page.ts';
import { oggOfHeads } from '#test/sources/formats/hostile-files.ts';
import { opening, patient } from '#test/sources/opening.ts';
import { openDecoding } from '#test/sources/sounds.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const open = opening(decoding);

/** CPU time of this thread alone, in ms: what others do meanwhile does not count. */
async function cpuMsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** CPU time of this thread as a ratio to that of a fixed calculation (about 20 ms on a quiet machine) right after it. */
async function costOf(work: () => Promise<unknown>): Promise<number> {
  const workMs = await cpuMsOf(work);
  const unitMs = await cpuMsOf(async () => pbkdf2Sync('', '', 150_000, 32, 'sha256'));
  return workMs / unitMs;
}

test('a jump in a crafted Ogg file is looked for in the decoding process', async () => {
  const bytes = oggOfHeads(100_000);
  const source = await open({ kind: 'bytes', bytes });
  const jumped = await costOf(async () => {
    const chunks = source.open(60_000, patient)[Symbol.asyncIterator]();
    await chunks.next().catch(() => undefined);
    await chunks.return?.();
  });
  expect(jumped).toBeLessThan(20);
});

test('page heads that overlap cost 256 bytes of checksum for each byte that is no page', async () => {
  const bytes = oggOfHeads(40_000).subarray(-262_144);
  const pages = new OggPages();
  const cut = await costOf(async () => {
    for (let at = 0; at < bytes.length; at += 2048) pages.push(bytes.subarray(at, at + 2048));
  });
  expect(pages.losses).toBeGreaterThan(0);
  expect(cut).toBeLessThan(50);
});
