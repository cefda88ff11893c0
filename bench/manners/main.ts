// Does it know when it is meant, whom it hears and when to stop? npm run bench -- manners [--seed 7] (virtual time, about a minute).
import { parseArgs } from 'node:util';
import { cutAnswers } from './cuts.ts';
import { plansOf, spend } from './evening.ts';
import { interruptions } from './interruptions.ts';
import {
  channelTable,
  cutWords,
  delayWords,
  type Findings,
  interruptionWords,
  linesOf,
  targetTable,
} from './report.ts';
import { readScenarioMix } from './scenarios.ts';
import { readStops, stopAloud } from './stops.ts';
import { judge } from './verdict.ts';

const cutPoints = 50;
const { values: options } = parseArgs({ options: { seed: { type: 'string', default: '1' } } });
const seed = Number(options.seed);

const mix = await readScenarioMix();
const plans = plansOf(mix);
console.log(`Manners on virtual time, seed ${seed}, addressing auto`);
const findings: Findings = {
  channels: {
    'two people': judge(await spend(plans.two, mix, seed)),
    'five people and a bot': judge(await spend(plans.five, mix, seed)),
  },
  aloud: await stopAloud(await readStops()),
  cuts: await cutAnswers(cutPoints, seed),
  interrupted: await interruptions(),
};
const lines = linesOf(findings);
const { aloud, cuts, channels, interrupted } = findings;
console.log(`\n${channelTable(channels)}`);
console.log(`\n${targetTable(lines)}`);
console.log(`\nstop aloud: silent ${delayWords(aloud)} after its first packet`);
console.log(interruptionWords(interrupted));
console.log(`history: ${cutWords(cuts)}`);
for (const { what, misses, met } of lines) {
  if (misses.length > 0) console.log(`\n${what}${met ? '' : ', NOT MET'}`);
  for (const miss of misses) console.log(`  ${miss}`);
}
process.exitCode = lines.every(({ met }) => met) ? 0 : 1;
