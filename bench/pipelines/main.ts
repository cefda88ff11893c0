// npm run bench -- pipelines [--turns 11] [--costs] [--save]: what a minute of each pipeline costs, by the prices that the bot knows,
// and how soon it answers where servers take no time at all; with `--costs`, the costs alone.
import { parseArgs } from 'node:util';
import { formatTable } from '#bench/format-table.ts';
import { openMeasuredPath } from '#bench/latency/measured-path.ts';
import { toSpread } from '#bench/latency/turn-figures.ts';
import { openQuestionClips } from '#bench/question-clips.ts';
import { saveResult } from '#bench/saved-result.ts';
import {
  answeredMs,
  askedMs,
  questions,
  shownTokens,
} from '#src/spending/minute-cost.ts';
import { instantPace } from '#test/fakes/providers/mock-providers.ts';
import { formatCostReport, getPriceDate } from './minute-costs.ts';
import { type PipelineDelay, resultUrl, saveTable } from './pipeline-choices.ts';
import { type BenchPipeline, serverSettings } from './server-settings.ts';

const { values: options } = parseArgs({
  options: {
    turns: { type: 'string', default: '11' },
    costs: { type: 'boolean' },
    save: { type: 'boolean' },
  },
});
const askedQuestions = Number(options.turns);

console.log(
  `A minute: ${questions} questions of ${askedMs / 1000} s and answers of ${answeredMs / 1000} s; the model is shown ${shownTokens} tokens of text each time.`,
);
console.log(`Prices of OpenAI as of ${getPriceDate()}; nothing counts as cached.\n`);
console.log(`${formatCostReport()}\n`);
if (options.costs) {
  if (options.save) await saveTable();
  process.exit();
}
console.log(
  'Servers answer at once, so this is what the bot adds; compare only within one run.\n',
);
const rows: Partial<Record<BenchPipeline, PipelineDelay>> = {};
await using questionClips = await openQuestionClips();
for (const pipeline of Object.keys(serverSettings) as BenchPipeline[]) {
  await using path = await openMeasuredPath({
    pipeline,
    pace: instantPace,
    microphone: 'gate',
  });
  const { turns } = await path.measureTurns(questionClips.clips, askedQuestions);
  const { p50, p95 } = toSpread(
    turns.map(({ sinceMs }) => sinceMs['first packet heard']),
  );
  const answered = turns.length;
  rows[pipeline] = {
    p50: Math.round(p50),
    p95: Math.round(p95),
    answered,
    asked: askedQuestions,
  };
  if (answered < askedQuestions) process.exitCode = 1;
}
const tableRows = Object.entries(rows).map(([name, { p50, p95, answered }]) => [
  ...[name, `${answered} of ${askedQuestions}`, `${p50}`, `${p95}`],
]);
console.log(
  formatTable(['ms from the last voiced packet', 'answered', 'p50', 'p95'], tableRows),
);
if (options.save && process.exitCode !== 1) {
  await saveResult(resultUrl, rows);
  await saveTable();
}
