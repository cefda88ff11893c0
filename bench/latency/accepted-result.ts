import { readFile } from 'node:fs/promises';
import { averageValues } from '#bench/format-table.ts';
import type { TurnFigures } from './latency-report.ts';

/** Figures of the last accepted measurement. Only ratios hold on another machine. */
export type AcceptedResult = {
  /** Day, Node and cores, for readers of the absolute figures. */
  readonly made: string;
  readonly rows: Readonly<Record<string, TurnFigures>>;
};

/** File of the accepted figures. */
export const resultUrl: URL = new URL('result.json', import.meta.url);

/** Reads the accepted figures. */
export async function readResult(): Promise<AcceptedResult> {
  return JSON.parse(await readFile(resultUrl, 'utf8'));
}

/** Number of pairs of bot and ideal bot that a verdict is made of. */
export const pairCount: number = 5;
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
  const growth = averageValues(growths);
  const variance =
    averageValues(growths.map((value) => (value - growth) ** 2)) *
    (pairCount / (pairCount - 1));
  const halfWidth = studentT95 * Math.sqrt(variance / pairCount);
  const low = growth - halfWidth;
  const high = growth + halfWidth;
  return { growth, low, high, isWorse: !(low <= acceptedGrowth) };
}
