import { readFile } from 'node:fs/promises';
import { meanOfValues } from '#bench/format-table.ts';
import type { TurnFigures } from './latency-report.ts';

/** Figures of the last accepted measurement. Only ratios hold on another machine. */
export type AcceptedResult = {
  /** Day, Node and cores, for readers of the absolute figures. */
  readonly made: string;
  readonly rows: Readonly<Record<string, TurnFigures>>;
};

export const resultUrl = new URL('result.json', import.meta.url);

export async function readResult(): Promise<AcceptedResult> {
  return JSON.parse(await readFile(resultUrl, 'utf8'));
}

/** Pairs of bot and ideal bot that a verdict is made of. */
export const pairCount = 5;
/** Growth of the ratio, as a share, that is taken for chance and other machines. */
const acceptedGrowth = 0.05;
/** Half the width of a 95 % interval of a mean of five, in standard errors: Student's t with 4 degrees of freedom. */
const studentT95 = 2.776;

/** Growth of the ratio of bot to ideal bot since it was accepted, as shares: its mean and the 95 % interval of that. */
export type LatencyVerdict = {
  readonly growth: number;
  readonly low: number;
  readonly high: number;
  /** The whole interval lies above 5 %. */
  readonly isWorse: boolean;
};

/** Judges five ratios, each of one pair, beside the accepted one. Throws a plain Error for another number of them. */
export function judgePairs(
  ratios: readonly number[],
  accepted: number,
): LatencyVerdict {
  if (ratios.length !== pairCount)
    throw new Error(`A verdict is made of ${pairCount} pairs.`);
  const growths = ratios.map((ratio) => ratio / accepted - 1);
  const growth = meanOfValues(growths);
  const variance =
    meanOfValues(growths.map((one) => (one - growth) ** 2)) *
    (pairCount / (pairCount - 1));
  const half = studentT95 * Math.sqrt(variance / pairCount);
  const [low, high] = [growth - half, growth + half];
  return { growth, low, high, isWorse: !(low <= acceptedGrowth) };
}
