import fc from 'fast-check';

/** Longest that one input may hold the main thread, in ms of CPU time. */
export const longestStepMs = 50;
/** One more try tells a slow parser from a full collector. */
const retries = 3;

/** A parser of bytes or words from outside, and hostile input for it. */
export type FuzzTarget = {
  readonly name: string;
  /** Checks `cases` inputs; what threw or held the thread comes back with its seed and its smallest input. */
  check(cases: number, seed: number): Promise<FuzzResult>;
};

export type FuzzResult = {
  readonly cases: number;
  /** CPU time of the slowest input. */
  readonly slowestMs: number;
  /** What went wrong, and how to see it again. */
  readonly failure?: string;
};

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
      const failure = failureOf(fc.check(property, settings(cases, seed)));
      return { cases, slowestMs, ...(failure !== undefined && { failure }) };
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
      const failure = failureOf(await fc.check(property, settings(cases, seed)));
      return { cases, slowestMs, ...(failure !== undefined && { failure }) };
    },
  };
}

function settings(cases: number, seed: number) {
  return { numRuns: cases, seed };
}

/** Wall time decides that a step was short, CPU time that it was long: other programs run meanwhile. */
function leastMs(read: () => void): number {
  const startedMs = performance.now();
  read();
  let ms = performance.now() - startedMs;
  for (let n = 0; n < retries && ms > longestStepMs; n++) {
    const before = process.threadCpuUsage();
    read();
    ms = Math.min(ms, sinceMs(before));
  }
  refuseSlow(ms);
  return ms;
}

async function cpuMs(read: () => Promise<void>): Promise<number> {
  const before = process.threadCpuUsage();
  await read();
  return sinceMs(before);
}

function sinceMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

function refuseSlow(ms: number): void {
  if (ms > longestStepMs) throw new Error(`It held the thread for ${ms.toFixed(0)} ms.`);
}

function failureOf<Input>(details: fc.RunDetails<Input>): string | undefined {
  return details.failed ? fc.defaultReportMessage(details) : undefined;
}
