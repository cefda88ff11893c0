// Does the bot cut people off, and does it keep them waiting? npm run bench -- turns [--human [--clips DIR]] (virtual time, about two minutes).
import { parseArgs } from 'node:util';
import { formatWaitingTable, playAnswerWaiting } from './answer-waiting.ts';
import {
  formatFigures,
  formatTargets,
  formatWorstScenarios,
  isNoWorse,
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
    /** Such a file, of which the curve of both errors is printed. */
    curve: { type: 'string' },
    /** File for the silences of these people, from which scripts/models/turn_head.py learns. */
    rows: { type: 'string' },
  },
});
if (options.curve) {
  const { writeErrorCurve } = await import('./human/error-curve.ts');
  console.log(await writeErrorCurve(options.curve));
  process.exit(0);
}
if (options.rows) {
  const { writePauseRows } = await import('./human/pause-rows.ts');
  await writePauseRows(options.clips ?? 'test/fixtures/human', options.rows, workshop);
  process.exit(0);
}
if (options.human) {
  const { writeHumanReport } = await import('./human/human-report.ts');
  const { clips = 'test/fixtures/human' } = options;
  const { text, isMet } = await writeHumanReport(clips, workshop);
  console.log(`${text}\ngoals of the 960 clips: ${isMet ? 'met' : 'NOT MET'}`);
  process.exit(isMet || !options.clips ? 0 : 1);
}
const sounds = await playScenarios(await readScenarios(), workshop);
const verdicts = judgeScenarios(sounds, workshop);
console.log(
  'Ends of turns on virtual time; milliseconds since the end of the last word',
);
const withoutReader = toFigures(verdicts);
const readerRows = ([0.7, 0.85, 0.95] as const).map((share) => {
  const figures = toFigures(judgeScenarios(sounds, workshop, [share, share]));
  return [formatReader([share, share]), figures] as const;
});
const isReaderNoWorse = readerRows.every(([, figures]) =>
  isNoWorse(figures, withoutReader),
);
console.log(formatFigures([['none', withoutReader], ...readerRows]));
console.log(`a reader makes it no worse: ${isReaderNoWorse ? 'met' : 'NOT MET'}`);
const reachedTargets = toReachedTargets(verdicts);
console.log(`\n${formatTargets(reachedTargets)}`);
console.log('\nCut off, then kept waiting longest');
console.log(formatWorstScenarios(verdicts, 10));

console.log(`\n${await formatSilenceReport(workshop)}`);

console.log(
  `\nWho waits for another answer, of which one in four is stopped\n${formatWaitingTable(await playAnswerWaiting(1))}`,
);

if (!meetsTargets(reachedTargets) || !isReaderNoWorse) process.exitCode = 1;
