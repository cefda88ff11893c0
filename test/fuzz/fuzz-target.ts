import { fc } from '#test/properties.ts';

/** Something that reads what comes from outside, and hostile input for it. */
export type FuzzTarget = {
  readonly name: string;
  /** Checks `cases` inputs; what threw or held the thread comes back with its seed and its smallest input. */
  checkInputs(cases: number, seed: number, around?: AroundReading): Promise<FuzzResult>;
};

/** Runs the reading of one input, as a test that plants a fault in it. */
export type AroundReading = <Result>(read: () => Promise<Result>) => Promise<Result>;

export type FuzzResult = {
  readonly cases: number;
  /** CPU time of the slowest step. */
  readonly slowestMs: number;
  /** Failure, and the way to reproduce it. */
  readonly failure?: string;
};

/** Result of a check whose slowest step took `slowestMs`. */
export function toResult<Input>(
  details: fc.RunDetails<Input>,
  cases: number,
  slowestMs: number,
) {
  if (!details.failed) return { cases, slowestMs };
  const failure = `${details.errorInstance}\n${fc.defaultReportMessage(details)}`;
  return { cases, slowestMs, failure };
}

/** CPU time of this thread since `before`, in ms. */
export function measureCpuMs(usageBefore: NodeJS.CpuUsage) {
  const { user, system } = process.threadCpuUsage(usageBefore);
  return (user + system) / 1000;
}
