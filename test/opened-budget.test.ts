import { openBudget } from '#src/app/open-budget.ts';
import { toGuildId } from '#src/base/ids.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { MemorySpending } from './fakes/fake-spending.ts';

function openBudgetOf(spending: MemorySpending) {
  return openBudget({
    config: readGoodSettings({}),
    spending,
    isShared: true,
    findPipeline: () => ({ pipeline: 'chained' }),
    getServerCap: () => 0,
    getProgramCap: () => undefined,
    onEvent: () => undefined,
    alert: () => undefined,
    warn: () => undefined,
  });
}

test('a process knows at its start what all servers spent and set aside, and gives its portions back at its end', async () => {
  const spending = new MemorySpending();
  const day = new Date().toISOString().slice(0, 10);
  const guildId = toGuildId('10');
  await spending.openRun().write({
    day,
    entries: [{ guildId, day, nanoUsd: 2e9, turns: 1 }],
    portions: [{ guildId, day, nanoUsd: 1e9, usedNanoUsd: 0 }],
    capNanoUsd: 0,
  });
  const opened = await openBudgetOf(spending);
  expect(opened.budgets.findTotal()).toEqual({ usd: 3, capUsd: 20 });
  await opened[Symbol.asyncDispose]();
  expect(spending.portions.get(spending) ?? []).toEqual([]);
});
