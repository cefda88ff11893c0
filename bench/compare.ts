// Fails when the bot has become slower than bench/latency/result.json says: npm run node -- bench/compare.ts

import { Path } from '#bench/latency/path.ts';
import { faults, figuresOf } from '#bench/latency/report.ts';
import { isWorse, readResult } from '#bench/latency/result.ts';
import { gateRow } from '#bench/latency/rows.ts';
import { Clips } from './clips.ts';

const turns = 10;
/** A busy machine makes one try slow, a slow bot all of them. */
const tries = 3;

const accepted = (await readResult()).rows[gateRow.name]?.ratio ?? Number.NaN;
await using clips = await Clips.open();
await using path = await Path.open(gateRow);
await path.enter();
process.exitCode = 1;
for (let n = 1; n <= tries && process.exitCode === 1; n++) {
  const measured = await path.measure(clips.all.slice(0, 8), turns);
  const { heard, ideal, ratio } = figuresOf(measured);
  const wrong = faults(measured);
  const slow = isWorse(ratio, accepted);
  if (wrong.length === 0 && !slow) process.exitCode = 0;
  console.log(
    `latency, try ${n}: ${heard.p50} ms, ideal ${ideal.p50} ms, ratio ${ratio} (accepted: ${accepted}, at most 15 % more)`,
  );
  for (const fault of wrong) console.log(fault);
}
if (process.exitCode === 1) {
  console.log('The bot answers later than bench/latency/result.json allows.');
}
