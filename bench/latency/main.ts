// npm run bench -- --pauses [--clips DIR] fails when requests or answers for people who pause come too late.
// npm run bench -- --compare --rtt 60 [--turns 11] fails when answers of servers 60 ms away come later than they need.
// npm run bench [-- --turns 33] [--rows gate] [--save]
// npm run bench -- --compare fails when the bot has become slower than bench/latency/result.json says, which --save writes.
import { parseArgs } from 'node:util';
import { openQuestionClips, type QuestionClip } from '#bench/question-clips.ts';
import { saveResult } from '#bench/saved-result.ts';
import { runToEnd } from '#test/fakes/bot-process.ts';
import { resultUrl } from './accepted-result.ts';
import { type BenchRow, benchRows, gateRow } from './bench-rows.ts';
import { compareNetworks } from './compare-networks.ts';
import { comparePairs } from './compare-pairs.ts';
import { comparePauses } from './compare-pauses.ts';
import {
  findFaults,
  formatInstants,
  formatSummary,
  toTurnFigures,
} from './latency-report.ts';
import { type MeasuredRow, openMeasuredPath } from './measured-path.ts';

const { values: options } = parseArgs({
  options: {
    /** Turns of each row. There are eleven clips. */
    turns: { type: 'string', default: '33' },
    /** Beginning of the names of the rows. With --rtt or --pauses, the whole name. Plain --compare plays its own rows and turns. */
    rows: { type: 'string', default: '' },
    save: { type: 'boolean', default: false },
    compare: { type: 'boolean', default: false },
    /** Asks questions of people with and without pauses, of --clips or test/fixtures/human. */
    pauses: { type: 'boolean', default: false },
    clips: { type: 'string' },
    /** With --compare: round trip in ms to servers that are further away, at 10 Mbit/s. */
    rtt: { type: 'string', default: '' },
  },
});
const turnsPerRow = Number(options.turns);

console.log(
  'Parley bench: figures of this machine in this minute; compare only within one run.',
);
try {
  await using folder = await openQuestionClips();
  const { clips } = folder;
  if (options.pauses) await measurePauses();
  else if (options.compare && options.rtt !== '')
    await compareNetworks(
      clips,
      turnsPerRow,
      Number(options.rtt),
      options.rows,
      reportFault,
    );
  else if (options.compare) await comparePairs(clips, reportFault);
  else await measureAllRows(clips);
} catch (cause) {
  reportFault(cause instanceof Error ? cause.message : String(cause));
}

async function measurePauses() {
  const row = benchRows.find(({ name }) => name === (options.rows || gateRow.name));
  if (!row) throw new Error(`There is no row ${options.rows}.`);
  await comparePauses(row, options.clips, turnsPerRow, reportFault);
}

async function measureAllRows(clips: readonly QuestionClip[]) {
  const chosenRows = benchRows.filter(({ name }) => name.startsWith(options.rows));
  const measuredRows: MeasuredRow[] = [];
  for (const row of chosenRows) measuredRows.push(await measureRow(row, clips));
  if (measuredRows.length > 0) console.log(`\n${formatSummary(measuredRows)}`);
  if (chosenRows.length === benchRows.length) await benchNewcomer();
  if (!options.save) return;
  if (chosenRows.length < benchRows.length || process.exitCode === 1) {
    throw new Error('Only a whole run without faults is saved.');
  }
  await saveResult(
    resultUrl,
    Object.fromEntries(
      measuredRows.map((measured) => [measured.row.name, toTurnFigures(measured)]),
    ),
  );
}

/** Prints the waiting time of a newcomer. */
async function benchNewcomer() {
  const { out } = await runToEnd({}, ['--once']);
  console.log(
    /first reply heard.*/.exec(out)?.[0] ?? 'npm start -- --once heard no reply',
  );
}

async function measureRow(row: BenchRow, clips: readonly QuestionClip[]) {
  await using path = await openMeasuredPath(row);
  const measured = await path.measureTurns(clips, turnsPerRow);
  console.log(`\n${formatInstants(measured)}`);
  for (const fault of findFaults(measured)) reportFault(fault);
  return measured;
}

/** Notes that the bench has failed, and goes on. */
function reportFault(sentence: string) {
  console.error(sentence);
  process.exitCode = 1;
}
