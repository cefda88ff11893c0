import { expect, test } from 'vitest';
import type { AnswerBudget, AnswerRequest, BudgetRefusal } from '#src/spending/budget-authority.ts';
import { paidChat } from '#src/spending/paid-engine.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { dollars, openBudgets } from '#test/fakes/spending.ts';

/** The day of every virtual clock. */
const todayMs = new VirtualClock().wallMs();

const order: AnswerRequest = {
  kind: 'answer',
  guildId: 'g',
  personId: 'ana',
  name: 'Ana',
  first: { messages: [], heardMs: 3_000 },
};

function open(opening: AnswerBudget | BudgetRefusal): Reservation {
  if (opening.kind === 'refused') throw new Error(`refused: ${opening.line.id}`);
  return opening.reservation;
}

test.each([
  { inputTokens: -1e9, outputTokens: 0 },
  { inputTokens: 1e308, outputTokens: 1e308 },
  { inputTokens: Number.NaN, outputTokens: 1 },
])(
  'counts that cannot be, $inputTokens and $outputTokens, cost what was set aside',
  async (usage) => {
    const { budgets, ledger } = openBudgets(new VirtualClock(), {
      caps: { serverDay: dollars(5) },
    });
    using reservation = open(budgets.open(order));
    const chat = paidChat(new FakeChat([[{ usage }]])).paidBy(reservation);
    await Array.fromAsync(chat.reply([], [], new AbortController().signal));
    expect(ledger.standing('g', todayMs).day).toMatchObject({ nanoUsd: 4_007_000 });
    expect(budgets.open(order).kind).toBe('open');
  },
);
