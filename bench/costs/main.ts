// npm run bench:costs [-- --save]: what a minute of conversation costs in each pipeline, by the prices that the bot knows.
import { parseArgs } from 'node:util';
import { saveTable } from '#bench/pipelines/choices.ts';
import {
  answeredMs,
  askedMs,
  pricesAsOf,
  questions,
  shownTokens,
} from '#src/spending/minute-cost.ts';
import { costReport } from './minute.ts';

const { values: options } = parseArgs({ options: { save: { type: 'boolean' } } });
console.log(
  `A minute: ${questions} questions of ${askedMs / 1000} s and answers of ${answeredMs / 1000} s; the model is shown ${shownTokens} tokens of text each time.`,
);
console.log(`Prices of OpenAI as of ${pricesAsOf()}; nothing counts as cached.\n`);
console.log(costReport());
if (options.save) await saveTable();
