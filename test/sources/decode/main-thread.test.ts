import { pbkdf2Sync } from 'node:crypto';
import { expect, test } from 'vitest';
import { OggPageReader } from '#src/audio/formats/ogg-page.ts';
import { makeOgg } from '#test/sources/formats/hostile-files.ts';

/** CPU time of this thread alone, in ms: what others do meanwhile does not count. */
async function cpuMsOf(work: () => Promise<unknown>) {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** CPU time of this thread as a ratio to that of a fixed calculation (about 20 ms on a quiet machine) right after it. */
async function costOf(work: () => Promise<unknown>) {
  const workMs = await cpuMsOf(work);
  const unitMs = await cpuMsOf(async () => pbkdf2Sync('', '', 150_000, 32, 'sha256'));
  return workMs / unitMs;
}

test('page heads that overlap cost 256 bytes of checksum for each byte that is no page', async () => {
  const bytes = makeOgg(40_000).subarray(-262_144);
  const cut = async () => {
    const pages = new OggPageReader();
    for (let at = 0; at < bytes.length; at += 2048)
      pages.push(bytes.subarray(at, at + 2048));
  };
  await expect.poll(() => costOf(cut)).toBeLessThan(50);
});
