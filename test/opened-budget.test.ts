import { openBudget } from '#src/app/open-budget.ts';
import type { PortionStore } from '#src/spending/ledger/total-portion.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { MemorySpending } from './fakes/fake-spending.ts';

function open(portions?: PortionStore) {
  return openBudget({
    config: readGoodSettings({}),
    spending: new MemorySpending(),
    portions,
    share: 0.5,
    findPipeline: () => ({ pipeline: 'chained' }),
    getServerCap: () => 0,
    getProgramCap: () => undefined,
    onEvent: () => undefined,
    alert: () => undefined,
    warn: () => undefined,
  });
}

test('where several processes share a store, each sets a portion of the total aside at its start, and frees it', async () => {
  const portions: number[] = [];
  const reserve: PortionStore['reserve'] = async ({ nanoUsd }) => {
    portions.push(nanoUsd);
    return { nanoUsd, spentNanoUsd: 3e9, leftNanoUsd: 17e9 - nanoUsd };
  };
  const shared = await open({ reserve });
  expect(shared.budgets.findTotal()).toEqual({ usd: 3, capUsd: 20 });
  await shared[Symbol.asyncDispose]();
  expect(portions).toEqual([expect.any(Number), 0]);
  expect(portions[0]).toBeGreaterThan(0);
  await using alone = await open();
  expect(alone.budgets.findTotal()).toEqual({ usd: 0, capUsd: 20 });
});
