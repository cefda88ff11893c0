import { fc } from '#test/properties.ts';
import { cpuSinceMs, type FuzzTarget, resultOf } from './fuzz-target.ts';

/** Longest that one input may hold the main thread, in ms of CPU time. */
const longestStepMs = 50;
/** One more try tells a slow parser from a full collector. */
const retries = 3;

/** A target that reads without waiting. `read` throws what no caller of the parser expects. */
export function target<Input>(
  name: string,
  input: fc.Arbitrary<Input>,
  read: (input: Input) => void,
): FuzzTarget {
  return {
    name,
    async check(cases, seed) {
      let slowestMs = 0;
      const property = fc.property(input, (value) => {
        const ms = leastMs(() => read(value));
        slowestMs = Math.max(slowestMs, ms);
      });
      const details = fc.check(property, { numRuns: cases, seed });
      return resultOf(details, cases, slowestMs);
    },
  };
}

/** A target that waits in between: all of what one input costs counts as one step. */
export function asyncTarget<Input>(
  name: string,
  input: fc.Arbitrary<Input>,
  read: (input: Input) => Promise<void>,
): FuzzTarget {
  return {
    name,
    async check(cases, seed) {
      let slowestMs = 0;
      const property = fc.asyncProperty(input, async (value) => {
        let ms = await cpuMs(async () => read(value));
        for (let n = 0; n < retries && ms > longestStepMs; n++) {
          ms = Math.min(ms, await cpuMs(async () => read(value)));
        }
        slowestMs = Math.max(slowestMs, ms);
        refuseSlow(ms);
      });
      const details = await fc.check(property, { numRuns: cases, seed });
      return resultOf(details, cases, slowestMs);
    },
  };
}

/** Wall time decides that a step was short, CPU time that it was long: other programs run meanwhile. */
function leastMs(read: () => void): number {
  const startedMs = performance.now();
  read();
  let ms = performance.now() - startedMs;
  for (let n = 0; n < retries && ms > longestStepMs; n++) {
    const before = process.threadCpuUsage();
    read();
    ms = Math.min(ms, cpuSinceMs(before));
  }
  refuseSlow(ms);
  return ms;
}

async function cpuMs(read: () => Promise<void>): Promise<number> {
  const before = process.threadCpuUsage();
  await read();
  return cpuSinceMs(before);
}

function refuseSlow(ms: number): void {
  if (ms > longestStepMs) throw new Error(`It held the thread for ${ms.toFixed(0)} ms.`);
}
