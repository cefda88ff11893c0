import type { QuestionClip } from '#bench/clips.ts';
import { Path } from './path.ts';
import { faults, figuresOf } from './report.ts';
import { judgePairs, pairCount, readResult } from './result.ts';
import { gateRow } from './rows.ts';

const turns = 4;
/** Pairs with a fault are measured anew, so often altogether. */
const mostPairs = 8;

/** Measures pairs of bot and ideal bot, and complains where the bot answers later than the saved result allows. */
export async function compare(
  clips: readonly QuestionClip[],
  complain: (sentence: string) => void,
): Promise<void> {
  const { made, rows } = await readResult();
  const accepted = rows[gateRow.name]?.ratio ?? Number.NaN;
  await using path = await Path.open(gateRow);
  const ratios: number[] = [];
  for (let n = 1; n <= mostPairs && ratios.length < pairCount; n++) {
    const measured = await path.measure(clips.slice(0, turns), turns);
    const { heard, ideal, ratio } = figuresOf(measured);
    const wrong = faults(measured);
    if (wrong.length === 0) ratios.push(ratio);
    console.log(`latency, pair ${n}: ${heard.p50} ms, ideal ${ideal.p50} ms, ratio ${ratio}`);
    for (const fault of wrong) console.log(fault);
  }
  if (ratios.length < pairCount)
    return complain(`Fewer than ${pairCount} of ${mostPairs} pairs were without a fault.`);
  const { growth, low, high, isWorse } = judgePairs(ratios, accepted);
  const [mean, from, to] = [growth, low, high].map((share) => `${(100 * share).toFixed(1)} %`);
  console.log(
    `against ${accepted} (${made}): ${mean} slower, 95 % interval ${from} to ${to}; fails where all of it is above 5 %`,
  );
  if (isWorse) complain('The bot answers later than bench/latency/result.json allows.');
}
