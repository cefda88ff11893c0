import { pbkdf2Sync } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { OggPageReader } from '#src/audio/formats/ogg-page.ts';
import { makeOgg } from '#test/sources/formats/hostile-files.ts';

/** CPU time of this thread alone, in ms: what others do meanwhile does not count. */
function measureCpuMs(work: () => unknown) {
  const usageBefore = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(usageBefore);
  return (user + system) / 1000;
}

const bytes = makeOgg(40_000).subarray(-262_144);
const workMs = measureCpuMs(() => {
  const pages = new OggPageReader();
  for (let at = 0; at < bytes.length; at += 2048)
    pages.addBytes(bytes.subarray(at, at + 2048));
});
/** A fixed calculation: about 20 ms on a quiet machine. */
const unitMs = measureCpuMs(() => pbkdf2Sync('', '', 150_000, 32, 'sha256'));
parentPort?.postMessage(workMs / unitMs);
