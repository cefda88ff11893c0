import { expect, test } from 'vitest';
import type { AnswerBudget, AnswerRequest, BudgetRefusal } from '#src/spending/budget-authority.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { mostAnswerTokens } from '#src/spending/tariff.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { dollars, minutes, openDesk } from '#test/fakes/spending.ts';

/** The day of every virtual clock. */
const todayMs = new VirtualClock().wallMs();

const hourMs = 3_600_000;
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

test('answers in writing that are asked for together cannot pass a cap: each puts the most aside', () => {
  const { desk, ledger } = openDesk(new VirtualClock(), { caps: { serverDay: dollars(1) } });
  const bills: Reservation[] = [];
  for (let n = 0; n < 5_000; n++) {
    const opened = desk.open({ ...order, heardMs: 0, kind: 'answer in writing' });
    if (opened.kind === 'open') bills.push(opened.reservation);
  }
  for (const bill of bills) {
    bill.used({ inputTokens: 100, outputTokens: mostAnswerTokens });
    bill.close();
  }
  expect(bills.length).toBeGreaterThan(200);
  expect(ledger.standing('g', todayMs).day.nanoUsd).toBeLessThanOrEqual(0.95e9);
});

const unpriced = { kind: 'unpriced' } as const;
const unknown = { recognise: unpriced, think: unpriced, speak: unpriced };

test('an answer in writing that nobody knows the price of counts as 15 s, or by its length', () => {
  const caps = { serverDay: minutes(600) };
  const { desk, ledger } = openDesk(new VirtualClock(), { caps, tariff: unknown });
  const spent = (outputTokens: number) => {
    const before = ledger.standing('g', todayMs).day.ms;
    const bill = open(desk.open({ ...order, heardMs: 0, kind: 'answer in writing' }));
    bill.used({ inputTokens: 3_000, outputTokens });
    bill.close();
    return ledger.standing('g', todayMs).day.ms - before;
  };
  expect([1, 56, 57, 1_000].map(spent)).toEqual([15_000, 15_000, 15_200, 266_667]);
  let answers = 4;
  for (; answers < 3_000; answers++) {
    if (desk.open({ ...order, heardMs: 0, kind: 'answer in writing' }).kind === 'refused') break;
  }
  expect(answers).toBeLessThan(2_400);
});

test('a priced answer in writing is no talk: only its money counts', () => {
  const { desk, ledger } = openDesk(new VirtualClock(), {});
  open(desk.open({ ...order, kind: 'answer in writing' })).used(tokens(1_000));
  expect(ledger.standing('g', todayMs).day).toMatchObject({ ms: 0, nanoUsd: 1_000_000 });
});

test('requests that nobody knows the price of end at their own cap, until the next day', async () => {
  const clock = new VirtualClock();
  const caps = { serverDayUnpriced: 3 };
  const { desk } = openDesk(clock, { caps, tariff: unknown });
  const bill = open(desk.open(order));
  for (let n = 0; n < 3; n++) {
    expect([desk.open(order).kind, desk.manner('g').step]).toEqual(['open', 'full']);
    bill.used(tokens(10));
  }
  expect(desk.open(order)).toMatchObject({ kind: 'refused', line: { id: 'budget.quiet' } });
  expect(desk.listen('g', 'ben')).toMatchObject({ kind: 'refused', line: { id: 'budget.quiet' } });
  expect(desk.manner('g')).toMatchObject({
    step: 'quiet',
    quiet: { line: { id: 'budget.quiet' } },
  });
  await clock.advance(24 * hourMs);
  expect(desk.open(order).kind).toBe('open');
});

test.each([
  { inputTokens: -1e9, outputTokens: 0 },
  { inputTokens: -5, outputTokens: 5 },
  { inputTokens: 1e308, outputTokens: 1e308 },
  { inputTokens: Number.NaN, outputTokens: 1 },
])('counts that cannot be, $inputTokens and $outputTokens, have no price', (usage) => {
  const { desk, ledger } = openDesk(new VirtualClock(), { caps: { serverDay: dollars(5) } });
  open(desk.open(order)).used(usage);
  expect(ledger.standing('g', todayMs).day).toMatchObject({ nanoUsd: 0, unpriced: 1 });
  expect(desk.open(order).kind).toBe('open');
});

test('of one payer one spoken answer outside a channel is made at a time where it costs something', () => {
  const clock = new VirtualClock();
  const { desk, ledger } = openDesk(clock, { ownCapOf: () => dollars(0.1) });
  const asked = { ...order, kind: 'answer in a file', personId: 'token:dog' } as const;
  const first = open(desk.open(asked));
  expect(desk.open(asked)).toMatchObject({ kind: 'refused', line: { id: 'ask.writing' } });
  expect(desk.open({ ...asked, personId: 'token:cat' }).kind).toBe('open');
  expect(desk.open({ ...asked, guildId: 'h' }).kind).toBe('open');
  expect(desk.open({ ...asked, kind: 'answer in writing' }).kind).toBe('open');
  first.used({ inputTokens: 0, outputTokens: mostAnswerTokens });
  first.close();
  const second = open(desk.open(asked));
  second.used(tokens(100_000));
  second.close();
  expect(desk.open(asked)).toMatchObject({ kind: 'refused', line: { id: 'budget.user' } });
  expect(ledger.shareOf('g', 'token:dog', clock.wallMs()).nanoUsd).toBe(0.104e9);
  const free = { kind: 'free' } as const;
  const costless = openDesk(clock, { tariff: { recognise: free, think: free, speak: free } });
  open(costless.desk.open(asked));
  expect(costless.desk.open(asked).kind).toBe('open');
});
