// npm run bench -- pipelines [--turns 11] [--costs] [--save]: what a minute of each pipeline costs, by the prices that the bot knows,
// and how soon it answers where servers take no time at all; with `--costs`, the costs alone.
import { parseArgs } from 'node:util';
import { Clips } from '#bench/clips.ts';
import { spread } from '#bench/latency/figures.ts';
import { Path } from '#bench/latency/path.ts';
import { table } from '#bench/table.ts';
import {
  answeredMs,
  askedMs,
  pricesAsOf,
  questions,
  shownTokens,
} from '#src/spending/minute-cost.ts';
import { instantPace } from '#test/fakes/providers/providers.ts';
import { type PipelineDelay, savePipelineResult, saveTable } from './choices.ts';
import { costReport } from './minute.ts';
import { type BenchPipeline, serverSettings } from './server-settings.ts';

const { values: options } = parseArgs({
  options: {
    turns: { type: 'string', default: '11' },
    costs: { type: 'boolean' },
    save: { type: 'boolean' },
  },
});
const asked = Number(options.turns);

console.log(
  `A minute: ${questions} questions of ${askedMs / 1000} s and answers of ${answeredMs / 1000} s; the model is shown ${shownTokens} tokens of text each time.`,
);
console.log(`Prices of OpenAI as of ${pricesAsOf()}; nothing counts as cached.\n`);
console.log(`${costReport()}\n`);
if (options.costs) {
  if (options.save) await saveTable();
  process.exit();
}
console.log('Servers answer at once, so this is what the bot adds; compare only within one run.\n');
const rows: Partial<Record<BenchPipeline, PipelineDelay>> = {};
await using clips = await Clips.open();
for (const pipeline of Object.keys(serverSettings) as BenchPipeline[]) {
  await using path = await Path.open({ pipeline, pace: instantPace, microphone: 'gate' });
  const { turns } = await path.measure(clips.all, asked);
  const { p50, p95 } = spread(turns.map(({ sinceMs }) => sinceMs['first packet heard']));
  const answered = turns.length;
  rows[pipeline] = { p50: Math.round(p50), p95: Math.round(p95), answered, asked };
  if (answered < asked) process.exitCode = 1;
}
const shown = Object.entries(rows).map(([name, { p50, p95, answered }]) => [
  ...[name, `${answered} of ${asked}`, `${p50}`, `${p95}`],
]);
console.log(table(['ms from the last voiced packet', 'answered', 'p50', 'p95'], shown));
if (options.save && process.exitCode !== 1) {
  await savePipelineResult(rows as Record<BenchPipeline, PipelineDelay>);
  await saveTable();
}
