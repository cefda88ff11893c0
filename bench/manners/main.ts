// Does it know when it is meant, whom it hears and when to stop? npm run bench -- manners [--seed 7] (virtual time, about a minute).
import { parseArgs } from 'node:util';
import { cutAnswers } from './answer-cuts.ts';
import { listPlans, playEvening } from './evening.ts';
import { measureInterruptions } from './interruption-delays.ts';
import { judgeEvening } from './judge-evening.ts';
import {
  formatChannelTable,
  formatCuts,
  formatDelays,
  formatInterruptions,
  formatTargetTable,
  type MannersFindings,
  toTargetLines,
} from './manners-report.ts';
import { readScenarioMix } from './manners-scenarios.ts';
import { playStops, readStops } from './spoken-stops.ts';

const cutPoints = 50;
const { values: options } = parseArgs({
  options: { seed: { type: 'string', default: '1' } },
});
const seed = Number(options.seed);

const mix = await readScenarioMix();
const plans = listPlans(mix);
console.log(`Manners on virtual time, seed ${seed}, addressing auto`);
const findings: MannersFindings = {
  channels: {
    'two people': judgeEvening(await playEvening(plans.two, mix, seed)),
    'five people and a bot': judgeEvening(await playEvening(plans.five, mix, seed)),
  },
  aloud: await playStops(await readStops()),
  cuts: await cutAnswers(cutPoints, seed),
  interrupted: await measureInterruptions(),
};
const lines = toTargetLines(findings);
const { aloud, cuts, channels, interrupted } = findings;
console.log(`\n${formatChannelTable(channels)}`);
console.log(`\n${formatTargetTable(lines)}`);
console.log(`\nstop aloud: silent ${formatDelays(aloud)} after its first packet`);
console.log(formatInterruptions(interrupted));
console.log(`history: ${formatCuts(cuts)}`);
for (const { what, misses, met } of lines) {
  if (misses.length > 0) console.log(`\n${what}${met ? '' : ', NOT MET'}`);
  for (const miss of misses) console.log(`  ${miss}`);
}
process.exitCode = lines.every(({ met }) => met) ? 0 : 1;
