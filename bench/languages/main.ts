// Is everybody answered in their own language and voice? npm run bench:languages [-- --scenes 400] (virtual time, some minutes).
import { parseArgs } from 'node:util';
import { peopleOf } from '#bench/manners/channel.ts';
import { targetTable } from '#bench/manners/report.ts';
import { answerDelays } from './answer-delays.ts';
import { ngramsCost } from './ngrams-memory.ts';
import { crowd, playScenarios } from './play-scenarios.ts';
import { delayLine, scenarioLines } from './report.ts';
import { benchLanguages, languageScenarios } from './scenarios.ts';

const { values: options } = parseArgs({ options: { scenes: { type: 'string', default: '400' } } });
const personIds = peopleOf(crowd).map(({ id }) => id);
const scenarios = languageScenarios(Number(options.scenes), personIds);
const half = Math.ceil(scenarios.length / 2);

const { bytes, loadMs } = await ngramsCost();
const delays = await answerDelays(scenarios.flatMap(({ turns }) => turns));
const lines = [
  ...scenarioLines('it tells', await playScenarios(scenarios.slice(0, half), true)),
  ...scenarioLines('it does not', await playScenarios(scenarios.slice(half), false)),
  delayLine(delays),
];
console.log(
  `${scenarios.length} scenes of ${crowd} people in ${benchLanguages.length} languages; half with a recogniser that tells the language\n`,
);
console.log(targetTable(lines));
console.log(
  `\nn-grams of texts: ${(bytes / 2 ** 20).toFixed(1)} MB once asked for, ${loadMs.toFixed(0)} ms to load`,
);
for (const { what, misses, met } of lines) {
  if (misses.length > 0) console.log(`\n${what}${met ? '' : ', NOT MET'}`);
  for (const miss of misses) console.log(`  ${miss}`);
}
process.exitCode = lines.every(({ met }) => met) ? 0 : 1;
