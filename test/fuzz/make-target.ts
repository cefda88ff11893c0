import { fc } from '#test/properties.ts';
import { type FuzzTarget, measureCpuMs, toResult } from './fuzz-target.ts';

/** Longest that one input may hold the main thread, in ms of CPU time. */
const maxStepMs = 50;
/** One more try tells a slow parser from a full collector. */
const retries = 3;

/** A target that reads without waiting. `read` throws what no caller of the parser expects. */
export function makeTarget<Input>(
  name: string,
  input: fc.Arbitrary<Input>,
  read: (input: Input) => void,
): FuzzTarget {
  return makeAsyncTarget(name, input, async (value) => read(value));
}

/** A target that waits in between: all of what one input costs counts as one step. */
export function makeAsyncTarget<Input>(
  name: string,
  input: fc.Arbitrary<Input>,
  read: (input: Input) => Promise<void>,
): FuzzTarget {
  return {
    name,
    async checkInputs(cases, seed, around = (reading) => reading()) {
      let slowestMs = 0;
      const property = fc.asyncProperty(input, async (value) => {
        let ms = await measureReadCpuMs(() => around(() => read(value)));
        for (let n = 0; n < retries && ms > maxStepMs; n++) {
          ms = Math.min(ms, await measureReadCpuMs(() => around(() => read(value))));
        }
        slowestMs = Math.max(slowestMs, ms);
        if (ms > maxStepMs)
          throw new Error(`It held the thread for ${ms.toFixed(0)} ms.`);
      });
      const details = await fc.check(property, { numRuns: cases, seed });
      return toResult(details, cases, slowestMs);
    },
  };
}

async function measureReadCpuMs(read: () => Promise<void>) {
  const usageBefore = process.threadCpuUsage();
  await read();
  return measureCpuMs(usageBefore);
}
