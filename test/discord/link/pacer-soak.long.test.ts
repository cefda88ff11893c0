import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { Pacer } from '#src/discord/link/pacer.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const frameMs = 20;
const hourFrames = 3_600_000 / frameMs;
const samplesPerFrame = 480;
const frame = Buffer.of(1);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** External memory that this thread holds after garbage collection. */
function heldBytes(): number {
  collect();
  collect(); // the buffers that the first one found are given back by the end of the second
  return getHeapStatistics().external_memory;
}

/** An hour of sound in pieces of any length, as they are taken. */
async function feed(reply: SpokenReply, random: () => number, signal: AbortSignal): Promise<void> {
  let left = hourFrames * samplesPerFrame;
  for (let n = 0; left > 0; n++) {
    const size = Math.min(left, 1 + Math.floor(48_000 * random()));
    left -= size;
    const samples = new Int16Array(size).fill(1000);
    await reply.write({ samples, rateHz: 24_000, channels: 1 }, `Sentence ${n >> 4}.`, signal);
  }
  reply.end();
}

test('in an hour of speech every frame leaves within one of its time, and what is held does not grow', async () => {
  const random = seededRandom(36);
  const timing = new SteppedTiming();
  const reply = new SpokenReply();
  const feeding = feed(reply, random, new AbortController().signal);
  let [count, lastAtMs, worstDriftMs, worstGapMs] = [0, 0, 0, 0];
  const pacer = new Pacer(
    {
      take: () => (reply.pull() ? frame : undefined),
      send: () => true,
      left: (_, atMs) => {
        worstDriftMs = Math.max(worstDriftMs, Math.abs(atMs - count * frameMs));
        worstGapMs = Math.max(worstGapMs, atMs - lastAtMs);
        lastAtMs = atMs;
        count++;
      },
      isIdle: () => false,
      settled: () => true,
      fellSilent: () => undefined,
      fail: (error) => {
        throw error;
      },
    },
    timing,
  );
  pacer.wake();
  const heapsBytes: number[] = [];
  for (let step = 0; count < hourFrames && step < 2 * hourFrames; step++) {
    timing.passMs(frameMs * random());
    if (random() < 0.1) timing.stallMs(frameMs * random());
    await Promise.resolve();
    if (step % 60_000 === 30_000) heapsBytes.push(heldBytes());
  }
  await feeding;
  pacer.stop();
  expect(count).toBe(hourFrames);
  expect(worstDriftMs).toBeLessThanOrEqual(frameMs);
  expect(worstGapMs).toBeLessThanOrEqual(2 * frameMs);
  expect(pacer.counts.shifts).toBe(0);
  const [early = 0, ...later] = heapsBytes;
  expect(later.length).toBeGreaterThan(1);
  expect(Math.max(...later) - early).toBeLessThan(10_000_000); // of 173 MB
});
