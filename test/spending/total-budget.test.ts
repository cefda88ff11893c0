import type { AlertChange } from '#src/base/alerts.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type {
  AnswerBudget,
  AnswerRequest,
  BudgetRefusal,
} from '#src/spending/budget-authority.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { PortionKeeper } from '#src/spending/ledger/portion-keeper.ts';
import { MemorySpending, openBudgets } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const hourMs = 3_600_000;
/** At least it costs 0.000537 dollars: 137 tokens and 400 characters. */
const order: AnswerRequest = {
  kind: 'answer',
  guildId: toGuildId('10'),
  personId: toPersonId('ana'),
  first: { messages: [], heardMs: 3_000 },
};

function spendTokens(opened: AnswerBudget | BudgetRefusal, inputTokens: number) {
  if (opened.kind === 'refused') throw new Error(`refused: ${opened.line.id}`);
  opened.reservation.recordUsage({ inputTokens, outputTokens: 0 });
  opened.reservation.close();
}

test('what one server has spent of the total is missing in all others, whose people read until when', () => {
  const { budgets } = openBudgets(new VirtualClock(), { totalUsd: 0.01 });
  spendTokens(budgets.open(order), 9_900);
  const refused = budgets.open({
    ...order,
    guildId: toGuildId('20'),
    personId: toPersonId('ben'),
  });
  const line = { id: 'budget.guild', with: { time: '<t:1795219200:f>' } };
  expect(refused).toMatchObject({ kind: 'refused', line });
  expect(budgets.findUsedBudget(toGuildId('20'))).toMatchObject({ line });
  if (refused.kind === 'refused')
    expect([refused.isNews(), refused.isNews()]).toEqual([true, false]);
});

test('the operator is alerted at 80 % and at 100 %, once a day, and it clears at midnight', async () => {
  const clock = new VirtualClock();
  const changes: AlertChange[] = [];
  const { budgets } = openBudgets(clock, {
    totalUsd: 0.01,
    onAlert: (change) => changes.push(change),
  });
  const takeChanges = () =>
    changes.splice(0).map(({ name, state }) => `${name} ${state}`);
  spendTokens(budgets.open(order), 7_900);
  expect(takeChanges()).toEqual([]);
  spendTokens(budgets.open(order), 200);
  expect(changes[0]?.cause).toMatch(/^81 % of BUDGET_TOTAL_DAY_USD=0\.01 is spent;/);
  expect(takeChanges()).toEqual(['total-budget-low raised']);
  spendTokens(budgets.open(order), 2_000);
  budgets.open(order);
  expect(takeChanges()).toEqual(['total-budget-used raised']);
  await clock.advance(8 * hourMs);
  expect(takeChanges()).toEqual([
    'total-budget-low cleared',
    'total-budget-used cleared',
  ]);
});

test('the total outlives a restart', async () => {
  const clock = new VirtualClock();
  const spending = new MemorySpending();
  const openTotal = async () => {
    const ledger = new Ledger();
    const ignoreReport = () => undefined;
    const keeper = new PortionKeeper({
      ledger,
      capNanoUsd: 1e7,
      spending: spending.openRun(),
      clock,
      report: ignoreReport,
      alert: ignoreReport,
    });
    await keeper.open();
    return { keeper, budgets: openBudgets(clock, { ledger, totalUsd: 0.01 }).budgets };
  };
  const before = await openTotal();
  spendTokens(before.budgets.open(order), 8_000);
  await before.keeper[Symbol.asyncDispose]();
  const after = await openTotal();
  expect(after.budgets.findTotal()).toEqual({ usd: 0.008, capUsd: 0.01 });
  await after.keeper[Symbol.asyncDispose]();
});
