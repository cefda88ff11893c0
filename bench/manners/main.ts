// Does the bot know when it is meant, whom it hears and when to stop? npm run bench -- manners [--seed 7] (virtual time, about a minute).
import { parseArgs } from 'node:util';
import { listPlans, playEvening } from './evening.ts';
import { playQuestions } from './interrupting-questions.ts';
import { judgeEvening } from './judge-evening.ts';
import {
  formatChannelTable,
  formatTargetTable,
  type MannersFindings,
  toTargets,
} from './manners-report.ts';
import { readScenarioMix } from './manners-scenarios.ts';
import { playStops, readStops } from './spoken-stops.ts';

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
    'five people and another bot': judgeEvening(
      await playEvening(plans.five, mix, seed),
    ),
  },
  stops: await playStops(await readStops()),
  waits: await playQuestions(),
};
const targets = toTargets(findings);
console.log(`\n${formatChannelTable(findings.channels)}`);
console.log(`\n${formatTargetTable(targets)}`);
for (const { title, misses, isMet } of targets) {
  if (misses.length > 0) console.log(`\n${title}${isMet ? '' : ', NOT MET'}`);
  for (const miss of misses) console.log(`  ${miss}`);
}
process.exitCode = targets.every(({ isMet }) => isMet) ? 0 : 1;
