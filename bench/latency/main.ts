// npm run bench [-- --turns 33] [--rows gate] [--save] [--peers FOLDER]
import { parseArgs } from 'node:util';
import { Clips } from '#bench/clips.ts';
import { benchNewcomer } from './newcomer.ts';
import { type MeasuredRow, Path } from './path.ts';
import { behind, type Peer, peersTable, runPeers } from './peers.ts';
import { faults, figuresOf, instantsTable, summary } from './report.ts';
import { saveResult } from './result.ts';
import { type BenchRow, gateRow, realtimeRow, rows } from './rows.ts';

const { values: options } = parseArgs({
  options: {
    /** Turns of each row; the clips are eleven. */
    turns: { type: 'string', default: '33' },
    /** Only rows whose name begins so. */
    rows: { type: 'string', default: '' },
    save: { type: 'boolean', default: false },
    /** Folder of the peer bench: only the rows that have a peer are measured, and the peers. */
    peers: { type: 'string' },
  },
});
const turns = Number(options.turns);

console.log('Parley bench: figures of this machine in this minute; compare only within one run.');
try {
  if (options.peers === undefined) await benchAlone();
  else await benchBeside(options.peers);
} catch (cause) {
  complain(cause instanceof Error ? cause.message : String(cause));
}

async function benchAlone(): Promise<void> {
  const chosen = rows.filter(({ name }) => name.startsWith(options.rows));
  const all = await measureAll(chosen);
  if (all.length > 0) console.log(`\n${summary(all)}`);
  if (chosen.length === rows.length) await benchNewcomer();
  if (!options.save) return;
  if (chosen.length < rows.length || process.exitCode === 1) {
    throw new Error('Only a whole run without faults is saved.');
  }
  await saveResult(Object.fromEntries(all.map((one) => [one.row.name, figuresOf(one)])));
}

async function benchBeside(folder: string): Promise<void> {
  const peers: readonly Peer[] = await runPeers(folder);
  const all = await measureAll([gateRow, realtimeRow]);
  const ours = Object.fromEntries(all.map((one) => [one.row.name, figuresOf(one).heard]));
  console.log(`\n${peersTable(ours, peers)}`);
  for (const sentence of behind(ours, peers)) complain(sentence);
}

async function measureAll(chosen: readonly BenchRow[]): Promise<MeasuredRow[]> {
  await using clips = await Clips.open();
  const all: MeasuredRow[] = [];
  for (const row of chosen) {
    await using path = await Path.open(row);
    await path.enter();
    const measured = await path.measure(clips.all, turns);
    all.push(measured);
    console.log(`\n${instantsTable(measured)}`);
    for (const fault of faults(measured)) complain(fault);
  }
  return all;
}

/** The bench has failed, and goes on. */
function complain(sentence: string): void {
  console.error(sentence);
  process.exitCode = 1;
}
