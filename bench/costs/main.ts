// npm run bench:costs: what a minute of conversation costs in each pipeline, by the prices that the bot knows.
import { knownPrices } from '#src/spending/prices/price-table.ts';
import { answeredMs, askedMs, costReport, questions, shownTokens } from './minute.ts';

const dates = [...new Set(knownPrices.map(({ asOf }) => asOf))].sort();
console.log(
  `A minute: ${questions} questions of ${askedMs / 1000} s and answers of ${answeredMs / 1000} s; the model is shown ${shownTokens} tokens of text each time.`,
);
console.log(`Prices of OpenAI as of ${dates.join(', ')}; nothing counts as cached.\n`);
console.log(costReport());
