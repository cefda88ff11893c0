// npm run bench [-- --turns 33] [--rows gate] [--save]
// npm run bench -- --compare fails when the bot has become slower than bench/latency/result.json says, which --save writes.
import { parseArgs } from 'node:util';
import { Clips } from '#bench/clips.ts';
import { compare } from './compare.ts';
import { benchNewcomer } from './newcomer.ts';
import { type MeasuredRow, Path } from './path.ts';
import { faults, figuresOf, instantsTable, summary } from './report.ts';
import { saveResult } from './result.ts';
import { type BenchRow, rows } from './rows.ts';

const { values: options } = parseArgs({
  options: {
    /** Turns of each row; the clips are eleven. */
    turns: { type: 'string', default: '33' },
    /** Only rows whose name begins so. */
    rows: { type: 'string', default: '' },
    save: { type: 'boolean', default: false },
    compare: { type: 'boolean', default: false },
  },
});
const turns = Number(options.turns);

console.log('Parley bench: figures of this machine in this minute; compare only within one run.');
try {
  await using clips = await Clips.open();
  if (options.compare) await compare(clips.all, complain);
  else await measureAll(clips);
} catch (cause) {
  complain(cause instanceof Error ? cause.message : String(cause));
}

async function measureAll(clips: Clips) {
  const chosen = rows.filter(({ name }) => name.startsWith(options.rows));
  const all: MeasuredRow[] = [];
  for (const row of chosen) all.push(await measure(row, clips));
  if (all.length > 0) console.log(`\n${summary(all)}`);
  if (chosen.length === rows.length) await benchNewcomer();
  if (!options.save) return;
  if (chosen.length < rows.length || process.exitCode === 1) {
    throw new Error('Only a whole run without faults is saved.');
  }
  await saveResult(Object.fromEntries(all.map((one) => [one.row.name, figuresOf(one)])));
}

async function measure(row: BenchRow, clips: Clips): Promise<MeasuredRow> {
  await using path = await Path.open(row);
  const measured = await path.measure(clips.all, turns);
  console.log(`\n${instantsTable(measured)}`);
  for (const fault of faults(measured)) complain(fault);
  return measured;
}

/** The bench has failed, and goes on. */
function complain(sentence: string) {
  console.error(sentence);
  process.exitCode = 1;
}
