import { expect, test } from 'vitest';
import type { AnswerBudget, AnswerRequest, BudgetRefusal } from '#src/spending/budget-authority.ts';
import { mostAnswerTokens } from '#src/spending/request-bound.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { dollars, openBudgets } from '#test/fakes/spending.ts';

/** The day of every virtual clock. */
const todayMs = new VirtualClock().wallMs();

const order: AnswerRequest = {
  kind: 'answer',
  guildId: 'g',
  personId: 'ana',
  name: 'Ana',
  characters: 400,
  heardMs: 3_000,
};

function open(opening: AnswerBudget | BudgetRefusal): Reservation {
  if (opening.kind === 'refused') throw new Error(`refused: ${opening.line.id}`);
  return opening.reservation;
}

const tokens = (count: number) => ({ inputTokens: count, outputTokens: 0 });

test.each([
  { inputTokens: -1e9, outputTokens: 0 },
  { inputTokens: -5, outputTokens: 5 },
  { inputTokens: 1e308, outputTokens: 1e308 },
  { inputTokens: Number.NaN, outputTokens: 1 },
])('counts that cannot be, $inputTokens and $outputTokens, cost nothing', (usage) => {
  const { budgets, ledger } = openBudgets(new VirtualClock(), { caps: { serverDay: dollars(5) } });
  open(budgets.open(order)).used(usage);
  expect(ledger.standing('g', todayMs).day).toMatchObject({ nanoUsd: 0 });
  expect(budgets.open(order).kind).toBe('open');
});

test('of one payer one spoken answer outside a channel is made at a time where it costs something', () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, { ownCapOf: () => dollars(0.1) });
  const asked = { ...order, kind: 'answer in a file', personId: 'token:dog' } as const;
  const first = open(budgets.open(asked));
  expect(budgets.open(asked)).toMatchObject({ kind: 'refused', line: { id: 'ask.writing' } });
  expect(budgets.open({ ...asked, personId: 'token:cat' }).kind).toBe('open');
  expect(budgets.open({ ...asked, guildId: 'h' }).kind).toBe('open');
  expect(budgets.open({ ...asked, kind: 'answer in writing' }).kind).toBe('open');
  first.used({ inputTokens: 0, outputTokens: mostAnswerTokens });
  first.close();
  const second = open(budgets.open(asked));
  second.used(tokens(100_000));
  second.close();
  expect(budgets.open(asked)).toMatchObject({ kind: 'refused', line: { id: 'budget.user' } });
  expect(ledger.shareOf('g', 'token:dog', clock.wallMs()).nanoUsd).toBe(0.104e9);
  const free = { kind: 'free' } as const;
  const costless = openBudgets(clock, { tariff: { recognise: free, think: free, speak: free } });
  open(costless.budgets.open(asked));
  expect(costless.budgets.open(asked).kind).toBe('open');
});
