// Fails when the bot has become slower than bench/latency/result.json says: npm run node -- bench/compare.ts
// The figures there are accepted anew by: npm run bench -- --save

import { Path } from '#bench/latency/path.ts';
import { faults, figuresOf } from '#bench/latency/report.ts';
import { judgePairs, pairCount, readResult } from '#bench/latency/result.ts';
import { gateRow } from '#bench/latency/rows.ts';
import { Clips } from './clips.ts';

const turns = 4;
/** Pairs with a fault are measured anew, so often altogether. */
const mostPairs = 8;

const { made, rows } = await readResult();
const accepted = rows[gateRow.name]?.ratio ?? Number.NaN;
await using clips = await Clips.open();
await using path = await Path.open(gateRow);
await path.enter();
const ratios: number[] = [];
for (let n = 1; n <= mostPairs && ratios.length < pairCount; n++) {
  const measured = await path.measure(clips.all.slice(0, turns), turns);
  const { heard, ideal, ratio } = figuresOf(measured);
  const wrong = faults(measured);
  if (wrong.length === 0) ratios.push(ratio);
  console.log(`latency, pair ${n}: ${heard.p50} ms, ideal ${ideal.p50} ms, ratio ${ratio}`);
  for (const fault of wrong) console.log(fault);
}
if (ratios.length < pairCount) {
  console.log(`Fewer than ${pairCount} of ${mostPairs} pairs were without a fault.`);
  process.exitCode = 1;
} else {
  const { growth, low, high, isWorse } = judgePairs(ratios, accepted);
  const [mean, from, to] = [growth, low, high].map((share) => `${(100 * share).toFixed(1)} %`);
  console.log(
    `against ${accepted} (${made}): ${mean} slower, 95 % interval ${from} to ${to}; fails where all of it is above 5 %`,
  );
  if (isWorse) {
    console.log('The bot answers later than bench/latency/result.json allows.');
    process.exitCode = 1;
  }
}
