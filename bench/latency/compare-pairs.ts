import type { QuestionClip } from '#bench/question-clips.ts';
import { judgePairs, pairCount, readResult } from './accepted-result.ts';
import { gateRow } from './bench-rows.ts';
import { findFaults, toTurnFigures } from './latency-report.ts';
import { openMeasuredPath } from './measured-path.ts';

const turnsPerPair = 4;
/** Most pairs altogether: those with a fault are measured anew. */
const maxPairs = 8;

/** Measures pairs of bot and ideal bot, and complains where the bot answers later than the saved result allows. */
export async function comparePairs(
  clips: readonly QuestionClip[],
  complain: (sentence: string) => void,
): Promise<void> {
  const { made, rows } = await readResult();
  const accepted = rows[gateRow.name]?.ratio ?? Number.NaN;
  await using path = await openMeasuredPath(gateRow);
  const ratios: number[] = [];
  for (let n = 1; n <= maxPairs && ratios.length < pairCount; n++) {
    const measured = await path.measureTurns(
      clips.slice(0, turnsPerPair),
      turnsPerPair,
    );
    const { heard, ideal, ratio } = toTurnFigures(measured);
    const faults = findFaults(measured);
    if (faults.length === 0) ratios.push(ratio);
    console.log(
      `latency, pair ${n}: ${heard.p50} ms, ideal ${ideal.p50} ms, ratio ${ratio}`,
    );
    for (const fault of faults) console.log(fault);
  }
  if (ratios.length < pairCount)
    return complain(
      `Fewer than ${pairCount} of ${maxPairs} pairs were without a fault.`,
    );
  const { growth, low, high, isWorse } = judgePairs(ratios, accepted);
  const [mean, from, to] = [growth, low, high].map(
    (share) => `${(100 * share).toFixed(1)} %`,
  );
  console.log(
    `against ${accepted} (${made}): ${mean} slower, 95 % interval ${from} to ${to}; fails where all of it is above 5 %`,
  );
  if (isWorse) complain('The bot answers later than bench/latency/result.json allows.');
}
