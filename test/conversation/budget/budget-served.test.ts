import { expect, test } from 'vitest';
import { embedded, servedBy } from '#src/provider/models/served-by.ts';
import type { AnswerBudget, AnswerRequest, BudgetRefusal } from '#src/spending/budget-authority.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { openBudgets } from '#test/fakes/spending.ts';

const order: AnswerRequest = {
  kind: 'answer',
  guildId: 'g',
  personId: 'ana',
  name: 'Ana',
  first: { messages: [], heardMs: 3_000 },
};
const tokens = (count: number) => ({ inputTokens: count, outputTokens: 0 });
const other = servedBy('dear', 'https://example.org');
const dear = {
  kind: 'priced',
  usd: { perMillionInputTokens: 3, perMillionOutputTokens: 3 },
} as const;

function open(opening: AnswerBudget | BudgetRefusal): Reservation {
  if (opening.kind === 'refused') throw new Error(`refused: ${opening.line.id}`);
  return opening.reservation;
}

test('an answer is paid at the price of whoever gave it, also where that is an estimate', () => {
  const { budgets, paid } = openBudgets(new VirtualClock(), { rates: { dear } });
  const bill = open(budgets.open(order));
  bill.used(tokens(1_000));
  bill.used({ ...tokens(1_000), by: other });
  bill.used({ ...tokens(1_000), by: other, isEstimate: true });
  bill.used({ ...tokens(1_000), by: servedBy('unheard-of', 'https://example.org') });
  bill.used({ ...tokens(1_000), by: embedded });
  expect(paid.map(({ usd }) => usd)).toEqual([0.001, 0.003, 0.003, 0.005]);
});

test('speech is paid by the tokens its server reports, where those have a price, else by its text', () => {
  const bySound = {
    kind: 'priced',
    usd: { perMillionInputTokens: 1, perMillionAudioOutputTokens: 10 },
  } as const;
  const { budgets, paid } = openBudgets(new VirtualClock(), { rates: { dear: bySound } });
  const bill = open(budgets.open(order));
  const spoken = { characters: 100, ms: 6_000 };
  const count = {
    kind: 'tokens',
    inputTokens: 20,
    outputTokens: 50,
    audioOutputTokens: 50,
  } as const;
  bill.spoke({ ...spoken, usage: { by: other, count } });
  bill.spoke({ ...spoken, usage: { by: other } });
  bill.spoke({ ...spoken, usage: { count } });
  expect(paid.map(({ usd }) => usd)).toEqual([0.00052, 0.001225, 0.0001]);
});

test('what is recognised is paid by the seconds or tokens its server reports', () => {
  const byTokens = {
    kind: 'priced',
    usd: { perMillionAudioInputTokens: 6, perMillionOutputTokens: 10 },
  } as const;
  const { budgets, paid } = openBudgets(new VirtualClock(), { rates: { dear: byTokens } });
  const hearing = budgets.listen('g', 'ana');
  if (!('reservation' in hearing)) throw new Error('refused');
  const count = {
    kind: 'tokens',
    inputTokens: 600,
    outputTokens: 10,
    audioInputTokens: 600,
  } as const;
  hearing.reservation.recognised(60_000, { count: { kind: 'heard', ms: 30_000 } });
  hearing.reservation.recognised(60_000, { by: other, count });
  hearing.reservation.recognised(60_000, { count }); // sold by the minute
  hearing.reservation.recognised(60_000, { by: embedded });
  expect(paid.map(({ usd }) => usd)).toEqual([0.005, 0.0037, 0.01]);
});

test('where recognising is usually free, whoever stands in for it is paid', () => {
  const tariff = { recognise: { kind: 'free' } } as const;
  const byMinute = { kind: 'priced', usd: { perMinute: 0.01 } } as const;
  const { budgets, paid } = openBudgets(new VirtualClock(), { tariff, rates: { dear: byMinute } });
  const hearing = budgets.listen('g', 'ana');
  if ('reservation' in hearing) hearing.reservation.recognised(60_000, { by: other });
  if ('reservation' in hearing) hearing.reservation.recognised(60_000, { by: embedded });
  expect(paid.map(({ usd }) => usd)).toEqual([0.01]);
});
