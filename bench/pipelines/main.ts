// npm run bench:pipelines [-- --turns 11]: how soon each pipeline answers where servers take no time at all.
import { parseArgs } from 'node:util';
import { Clips } from '#bench/clips.ts';
import { percentile, table } from '#bench/table.ts';
import { answerDelays } from './answer-delays.ts';
import { serverSettings } from './server-settings.ts';

const { values: options } = parseArgs({ options: { turns: { type: 'string', default: '11' } } });
const turns = Number(options.turns);

console.log('Servers answer at once, so this is what the bot adds; compare only within one run.\n');
const rows: string[][] = [];
await using clips = await Clips.open();
for (const [name, environment] of Object.entries(serverSettings)) {
  const delaysMs = await answerDelays(environment, clips.all, turns);
  const shown = [0.5, 0.95].map((part) => percentile(delaysMs, part).toFixed(0));
  rows.push([name, `${delaysMs.length} of ${turns}`, ...shown]);
  if (delaysMs.length < turns) process.exitCode = 1;
}
console.log(table(['ms from the last voiced packet', 'answered', 'p50', 'p95'], rows));
