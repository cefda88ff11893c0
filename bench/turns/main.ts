// Does it cut people off, and does it keep them waiting? npm run bench -- turns [--human] (virtual time, about two minutes).
import { parseArgs } from 'node:util';
import { formatWaitingTable, playAnswerWaiting } from './answer-waiting.ts';
import {
  formatFigures,
  formatTargets,
  listWorstScenarios,
  meetsTargets,
  toReachedTargets,
} from './endpointing-report.ts';
import {
  judgeScenarios,
  openWorkshop,
  playScenarios,
  type RunKind,
} from './scenario-runs.ts';
import { formatSilenceReport } from './silences/silence-report.ts';
import { readScenarios } from './voice-clips.ts';

const runKinds: readonly RunKind[] = ['no text', 'text', 'text, person known'];

const workshop = await openWorkshop();
const { values: options } = parseArgs({ options: { human: { type: 'boolean' } } });
if (options.human) {
  const { humanReport } = await import('./human/human-report.ts');
  const { text, isMet } = await humanReport(workshop);
  console.log(`${text}\ngoals: ${isMet ? 'met' : 'NOT MET'}`);
  process.exit(isMet ? 0 : 1);
}
const sounds = await playScenarios(await readScenarios(), workshop);
const verdictsByKind = new Map(
  runKinds.map((way) => [way, judgeScenarios(sounds, way, workshop)] as const),
);
const textVerdicts = verdictsByKind.get('text') ?? [];
console.log(
  'Ends of turns on virtual time; milliseconds since the end of the last word',
);
console.log(formatFigures(verdictsByKind));
const reachedTargets = toReachedTargets(textVerdicts);
console.log(`\n${formatTargets(reachedTargets)}`);
console.log('\nCut off, then kept waiting longest, with texts');
console.log(listWorstScenarios(textVerdicts, 10));

console.log(`\n${await formatSilenceReport(workshop)}`);

console.log(
  `\nWho waits for another answer, of which one in four is stopped\n${formatWaitingTable(await playAnswerWaiting(1))}`,
);

if (!meetsTargets(reachedTargets)) process.exitCode = 1;
