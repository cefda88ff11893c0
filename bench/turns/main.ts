// Does it cut people off, and does it keep them waiting? npm run bench -- turns [--human [--clips DIR]] (virtual time, about two minutes).
import { parseArgs } from 'node:util';
import { formatWaitingTable, playAnswerWaiting } from './answer-waiting.ts';
import {
  formatFigures,
  formatTargets,
  isNoWorse,
  listWorstScenarios,
  meetsTargets,
  toFigures,
  toReachedTargets,
} from './endpointing-report.ts';
import { formatReader } from './fake-reader.ts';
import { judgeScenarios, openWorkshop, playScenarios } from './scenario-runs.ts';
import { formatSilenceReport } from './silences/silence-report.ts';
import { readScenarios } from './voice-clips.ts';

const workshop = await openWorkshop();
const { values: options } = parseArgs({
  options: {
    human: { type: 'boolean' },
    /** Folder of people, with a manifest.json. Goals are for 960 clips, of which a part lies here. */
    clips: { type: 'string' },
  },
});
if (options.human) {
  const { humanReport } = await import('./human/human-report.ts');
  const { clips = 'test/fixtures/human' } = options;
  const { text, isMet } = await humanReport(clips, workshop);
  console.log(`${text}\ngoals of the 960 clips: ${isMet ? 'met' : 'NOT MET'}`);
  process.exit(isMet || !options.clips ? 0 : 1);
}
const sounds = await playScenarios(await readScenarios(), workshop);
const verdicts = judgeScenarios(sounds, workshop);
console.log(
  'Ends of turns on virtual time; milliseconds since the end of the last word',
);
const usual = toFigures(verdicts);
const readRows = ([0.7, 0.85, 0.95] as const).map((right) => {
  const read = toFigures(judgeScenarios(sounds, workshop, [right, right]));
  return [formatReader([right, right]), read] as const;
});
const isReadNoWorse = readRows.every(([, read]) => isNoWorse(read, usual));
console.log(formatFigures([['none', usual], ...readRows]));
console.log(`a reader makes it no worse: ${isReadNoWorse ? 'met' : 'NOT MET'}`);
const reachedTargets = toReachedTargets(verdicts);
console.log(`\n${formatTargets(reachedTargets)}`);
console.log('\nCut off, then kept waiting longest');
console.log(listWorstScenarios(verdicts, 10));

console.log(`\n${await formatSilenceReport(workshop)}`);

console.log(
  `\nWho waits for another answer, of which one in four is stopped\n${formatWaitingTable(await playAnswerWaiting(1))}`,
);

if (!meetsTargets(reachedTargets) || !isReadNoWorse) process.exitCode = 1;
