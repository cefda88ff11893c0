import { expect, test } from 'vitest';
import { openBudget } from '#src/app/budget.ts';
import { readConfig } from '#src/config/config.ts';
import type { SharedSpending, SpendingReport } from '#src/spending/ledger/shared-spending.ts';
import { MemorySpending } from '#test/fakes/spending.ts';

function open(sharedSpending?: SharedSpending) {
  const read = readConfig({});
  if (read.kind === 'bad') throw new Error(read.mistakes.join('\n'));
  return openBudget({
    config: read.config,
    spending: new MemorySpending(),
    ...(sharedSpending && { sharedSpending }),
    wayIn: () => ({ pipeline: 'chained' }),
    ownCapIn: () => 0,
    ownCapOf: () => undefined,
    onEvent: () => undefined,
    alert: () => undefined,
    warn: () => undefined,
  });
}

test('an answer waits for the spending of the other processes, where several share a store', async () => {
  const reports: SpendingReport[] = [];
  const exchange = async (report: SpendingReport) => {
    reports.push(report);
    return { entries: [], reserves: [] };
  };
  await using shared = await open({ isAway: false, exchange });
  await shared.budgets.ready('guild');
  expect(reports.map(({ guildIds }) => guildIds)).toEqual([['guild', 'all']]);
  await using alone = await open();
  expect(alone.budgets.ready('guild')).toBeUndefined();
});
