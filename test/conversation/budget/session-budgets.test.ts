import { expect, test } from 'vitest';
import { embedded, servedBy } from '#src/provider/models/served-by.ts';
import type { EngineUsage } from '#src/speech/ports.ts';
import type { AnswerBudget, AnswerRequest, BudgetRefusal } from '#src/spending/budget-authority.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { dollars, minutes, openBudgets } from '#test/fakes/spending.ts';
import { fc } from '#test/properties.ts';

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
/** Expected cost of this order: 220 tokens and 250 characters. */
const expected = 0.00047;

function open(opening: AnswerBudget | BudgetRefusal): Reservation {
  if (opening.kind === 'refused') throw new Error(`refused: ${opening.line.id}`);
  return opening.reservation;
}

const tokens = (count: number) => ({ inputTokens: count, outputTokens: 0 });

test('ten people who ask at once cannot overspend: each answer puts aside what it is likely to cost', () => {
  const { budgets } = openBudgets(new VirtualClock(), { caps: { serverDay: dollars(0.0021) } });
  const all = Array.from({ length: 10 }, (_, n) => budgets.open({ ...order, personId: `${n}` }));
  expect(all.filter(({ kind }) => kind === 'open')).toHaveLength(4);
});

test('a program has its own budget, or that of a person, which answers in writing and texts read out use, too', () => {
  const ownCapOf = (id: string) => (id === 'token:bell' ? dollars(0.0012) : undefined);
  const caps = { personDay: dollars(0.0001) };
  const { budgets, ledger } = openBudgets(new VirtualClock(), { caps, ownCapOf });
  const program = { ...order, personId: 'token:bell', name: 'bell' };
  expect(budgets.open(order)).toMatchObject({ kind: 'refused', line: { id: 'budget.user' } });
  expect(budgets.open(program).kind).toBe('open');
  expect(budgets.open({ ...program, kind: 'answer in writing' }).kind).toBe('refused');
  expect(budgets.open({ ...order, kind: 'answer in writing' }).kind).toBe('open');
  const without = { ...program, personId: 'token:cat', kind: 'answer in writing' } as const;
  expect(budgets.open(without)).toMatchObject({ kind: 'refused', line: { id: 'budget.user' } });
  expect(budgets.read('g', 'token:bell', 500)).toBeUndefined();
  expect(ledger.shareOf('g', 'token:bell', todayMs).nanoUsd).toBe(0.0005e9);
  expect(budgets.read('g', 'token:bell', 500)).toMatchObject({ line: { id: 'budget.user' } });
  expect(ledger.standing('g', todayMs).day.nanoUsd).toBe(0);
});

test('what was put aside and not taken is there for the next one', () => {
  const { budgets } = openBudgets(new VirtualClock(), { caps: { serverDay: dollars(0.0006) } });
  const bill = open(budgets.open(order));
  expect(budgets.open(order).kind).toBe('refused');
  bill.used(tokens(10));
  bill.close();
  expect(budgets.open(order).kind).toBe('open');
});

test('a running answer may finish, whatever it costs, and then nobody begins another', () => {
  const { budgets, ledger } = openBudgets(new VirtualClock(), {
    caps: { serverDay: dollars(0.01) },
  });
  const bill = open(budgets.open(order));
  bill.used(tokens(50_000));
  bill.close();
  expect(ledger.standing('g', todayMs).day.nanoUsd).toBe(0.05e9);
  expect(budgets.open(order)).toMatchObject({ kind: 'refused', line: { id: 'budget.quiet' } });
});

test('whoever has used their share is told for how long, once a day, and others go on', async () => {
  const clock = new VirtualClock();
  const { budgets } = openBudgets(clock, { caps: { personDay: dollars(0.001) } });
  open(budgets.open(order)).used(tokens(1_000));
  const refused = budgets.open(order);
  if (refused.kind !== 'refused') throw new Error('not refused');
  expect(refused.line).toEqual({ id: 'budget.user', with: { h: 8 } });
  expect([refused.isNews(), refused.isNews()]).toEqual([true, false]);
  expect(budgets.open({ ...order, personId: 'ben' }).kind).toBe('open');
  await clock.advance(8 * hourMs);
  expect(budgets.open(order).kind).toBe('open');
});

test('text still works for whoever has used their share, as long as the server has money', () => {
  const caps = { personDay: dollars(0.001), serverDay: dollars(0.01) };
  const { budgets } = openBudgets(new VirtualClock(), { caps });
  open(budgets.open(order)).used(tokens(1_000));
  expect(budgets.open(order).kind).toBe('refused');
  const bill = open(budgets.open({ ...order, kind: 'answer in writing' }));
  bill.used(tokens(10_000));
  expect(budgets.open({ ...order, kind: 'answer in writing' }).kind).toBe('refused');
});

test('the budget of a month counts over the days, and says when the next one begins', async () => {
  const clock = new VirtualClock();
  const { budgets } = openBudgets(clock, { caps: { serverMonth: dollars(0.1) } });
  open(budgets.open(order)).used(tokens(90_000));
  await clock.advance(24 * hourMs);
  open(budgets.open({ ...order, kind: 'answer in writing' })).used(tokens(4_800));
  expect(budgets.open(order)).toMatchObject({
    line: { id: 'budget.guild.month', with: { time: '<t:1796083200:f>' } },
  });
  await clock.advance(11 * 24 * hourMs);
  expect(budgets.open(order).kind).toBe('open');
});

test('each landing step is told once a day: a cheaper voice at 80 %, short answers at 90 %, then captions only, then quiet', async () => {
  const clock = new VirtualClock();
  const free = { cheaperVoice: { kind: 'free' } } as const;
  const { budgets } = openBudgets(clock, { caps: { serverDay: dollars(0.1) }, tariff: free });
  const first = open(budgets.open(order));
  const at = (count: number) => {
    first.used(tokens(count));
    return budgets.manner('g');
  };
  expect(at(79_000)).toMatchObject({ step: 'full', isVoiceCheap: false });
  expect(at(2_000)).toMatchObject({ step: 'cheaper', isVoiceCheap: true });
  expect(budgets.open(order)).toMatchObject({ kind: 'open', news: { id: 'budget.warn.voice' } });
  expect(budgets.open(order)).not.toHaveProperty('news');
  expect(at(9_500)).toMatchObject({ step: 'shorter' });
  expect(budgets.open(order)).toMatchObject({ kind: 'open', news: { id: 'budget.shorter' } });
  expect(budgets.open(order)).not.toHaveProperty('news');
  expect(at(4_500)).toMatchObject({
    step: 'captions',
    quiet: { line: { id: 'budget.guild' }, time: '<t:1795219200:f>' },
  });
  expect(budgets.listen('g', 'ana')).toHaveProperty('reservation');
  expect(newsOf(budgets.open(order))).toEqual(['budget.guild', true]);
  expect(newsOf(budgets.open(order))).toEqual(['budget.guild', false]);
  expect(at(5_000).step).toBe('quiet');
  expect(newsOf(budgets.listen('g', 'ana'))).toEqual(['budget.quiet', true]);
  expect(newsOf(budgets.listen('g', 'ben'))).toEqual(['budget.quiet', false]);
});

test('answers end earlier where the latest was dear: what is left is to hold another like it', () => {
  const stepAfter = (characters: number) => {
    const { budgets } = openBudgets(new VirtualClock(), { caps: { serverDay: dollars(0.1) } });
    const bill = open(budgets.open({ ...order, characters }));
    bill.used(tokens(91_000));
    bill.close();
    return budgets.manner('g').step;
  };
  expect([stepAfter(400), stepAfter(40_000)]).toEqual(['shorter', 'captions']);
});

/** Text of a refusal, and whether the channel is to read it. */
function newsOf(given: object | BudgetRefusal): readonly unknown[] {
  if (!('isNews' in given)) throw new Error('it was not refused');
  return [given.line.id, given.isNews()];
}

test('a server may set caps below those of the operator, and never gets more than those', () => {
  const caps = { serverDay: dollars(1), personDay: dollars(0.001) };
  const own = { serverDay: dollars(0.0006), personDay: dollars(5), serverMonth: minutes(60) };
  const guildCapsOf = (guildId: string) => (guildId === 'g' ? own : {});
  const { budgets } = openBudgets(new VirtualClock(), { caps, guildCapsOf });
  expect(budgets.today('g')).toMatchObject({ capUsd: 0.0006, capMinutes: 0 });
  expect(budgets.share('g', 'ana')).toMatchObject({ capUsd: 0.001 });
  expect(budgets.today('h')).toMatchObject({ capUsd: 1 });
  open(budgets.open(order));
  expect(budgets.open({ ...order, personId: 'ben' })).toMatchObject({ kind: 'refused' });
  open(budgets.open({ ...order, guildId: 'h' }));
  expect(budgets.open({ ...order, guildId: 'h', personId: 'ben' }).kind).toBe('open');
});

test('a share is what one person spent, of what a person may', () => {
  const { budgets } = openBudgets(new VirtualClock(), { caps: { personDay: dollars(1) } });
  const bill = open(budgets.open(order));
  bill.used(tokens(20_000));
  bill.wanted();
  expect(budgets.share('g', 'ana')).toMatchObject({ usd: 0.02, capUsd: 1, turns: 1 });
  expect(budgets.share('g', 'ben')).toMatchObject({ usd: 0, turns: 0 });
});

test('where recognising is free, nothing is kept for it and it never ends', () => {
  const caps = { serverDay: dollars(0.001) };
  const { budgets } = openBudgets(new VirtualClock(), {
    caps,
    tariff: { recognise: { kind: 'free' } },
  });
  open(budgets.open(order)).used(tokens(2_000));
  expect(budgets.manner('g').step).toBe('captions');
  expect(budgets.listen('g', 'ana')).toHaveProperty('reservation');
});

test('what nobody knows the price of counts in minutes', () => {
  const unpriced = { kind: 'unpriced' } as const;
  const tariff = { recognise: unpriced, think: unpriced, speak: unpriced };
  const { budgets, paid } = openBudgets(new VirtualClock(), {
    caps: { serverDay: minutes(1) },
    tariff,
  });
  const hearing = budgets.listen('g', 'ana');
  if ('reservation' in hearing) hearing.reservation.recognised(20_000, 20_000);
  const bill = open(budgets.open(order));
  bill.used(tokens(9e9));
  bill.wanted();
  bill.sounded(30_000);
  bill.close();
  expect(budgets.today('g')).toMatchObject({ usd: 0, isUnpriced: true, turns: 1 });
  expect(budgets.today('g').minutes).toBeCloseTo(50 / 60);
  expect(budgets.open(order).kind).toBe('refused');
  expect(paid.every(({ usd }) => usd === undefined)).toBe(true);
});

test('talk with what is embedded costs nothing and is never capped, however long', () => {
  const free = { kind: 'free' } as const;
  const tariff = { recognise: free, think: free, speak: free };
  const caps = { personDay: minutes(1), serverDay: minutes(1) };
  const { budgets, ledger } = openBudgets(new VirtualClock(), { caps, tariff });
  for (let turn = 0; turn < 10; turn++) {
    const bill = open(budgets.open(order));
    bill.sounded(60_000);
    bill.close();
  }
  expect(ledger.standing('g', todayMs).day.ms).toBe(0);
  expect(budgets.manner('g')).toEqual({ step: 'full', isVoiceCheap: false });
});

test('of whoever is forgotten nothing is known, and the server has spent it all the same', () => {
  const { budgets } = openBudgets(new VirtualClock());
  const bill = open(budgets.open(order));
  bill.used(tokens(1_000));
  expect(budgets.today('g').top).toEqual({ personId: 'ana', name: 'Ana' });
  budgets.forget('g', 'ana');
  bill.used(tokens(1_000));
  expect(budgets.today('g').top).toBeUndefined();
  expect(budgets.today('g').usd).toBeCloseTo(0.002, 9);
});

const other = servedBy('dear', 'https://example.org');
const dear = {
  kind: 'priced',
  usd: { perMillionInputTokens: 3, perMillionOutputTokens: 3 },
} as const;

const anyBy = fc.constantFrom(undefined, embedded, other, servedBy('unheard-of', 'https://a.b'));
const anyCount = fc.option(
  fc.record({
    kind: fc.constant('tokens' as const),
    inputTokens: fc.nat(900),
    outputTokens: fc.nat(900),
  }),
  { nil: undefined },
);
const anyAct = fc.oneof(
  fc.record({ kind: fc.constant('open' as const), who: fc.constantFrom('ana', 'ben', 'cem') }),
  fc.record({
    kind: fc.constant('use' as const),
    which: fc.nat(5),
    count: fc.nat(900),
    by: anyBy,
  }),
  fc.record({
    kind: fc.constant('speak' as const),
    which: fc.nat(5),
    length: fc.nat(900),
    by: anyBy,
    count: anyCount,
  }),
  fc.record({ kind: fc.constant('close' as const), which: fc.nat(5) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(30 * hourMs) }),
);
type Act = typeof anyAct extends fc.Arbitrary<infer One> ? One : never;

test('whatever the order of turns, bills, cuts and midnights, sums are those of the bills and nothing begins over a cap', async () => {
  const caps = { personDay: dollars(0.003), serverDay: dollars(0.005), serverMonth: dollars(0.02) };
  await fc.assert(
    fc.asyncProperty(fc.array(anyAct, { maxLength: 80 }), async (acts) => {
      const clock = new VirtualClock();
      const world = {
        clock,
        ...openBudgets(clock, { caps, rates: { dear } }),
        bills: [] as Reservation[],
      };
      for (const act of acts) await perform(act, world, caps);
      const paid = world.paid.reduce((sum, { usd = 0 }) => sum + Math.round(usd * 1e9), 0);
      const kept = world.ledger.drain().filter(({ personId }) => personId === undefined);
      expect(kept.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0)).toBe(paid);
      for (const bill of world.bills) bill.close();
      expect(world.ledger.reserved('g')).toEqual({ nanoUsd: 0, ms: 0 });
    }),
    { numRuns: 200 },
  );
});

function usageOf({ by, count }: Extract<Act, { kind: 'speak' }>): EngineUsage {
  return { ...(by && { by }), ...(count && { count }) };
}

type World = ReturnType<typeof openBudgets> & {
  readonly clock: VirtualClock;
  readonly bills: Reservation[];
};

async function perform(
  act: Act,
  { bills, clock, budgets, ledger }: World,
  caps: Record<'personDay' | 'serverDay' | 'serverMonth', { readonly nanoUsd: number }>,
): Promise<void> {
  const bill = 'which' in act ? bills[act.which % Math.max(1, bills.length)] : undefined;
  switch (act.kind) {
    case 'wait':
      await clock.advance(act.ms);
      return;
    case 'use':
      return bill?.used({ ...tokens(act.count), ...(act.by && { by: act.by }) });
    case 'speak':
      return bill?.spoke({ characters: act.length, ms: 0, usage: usageOf(act) });
    case 'close':
      return bill?.close();
    case 'open': {
      const opening = budgets.open({ ...order, personId: act.who });
      if (opening.kind === 'refused') return;
      bills.push(opening.reservation);
      const { day, month, people } = ledger.standing('g', clock.wallMs());
      const reserved = ledger.reserved('g').nanoUsd;
      const theirs = people.get(act.who)?.nanoUsd ?? 0;
      expect(day.nanoUsd + reserved).toBeLessThanOrEqual(caps.serverDay.nanoUsd * 0.95);
      expect(month.nanoUsd + reserved).toBeLessThanOrEqual(caps.serverMonth.nanoUsd * 0.95);
      expect(theirs + ledger.reserved('g', act.who).nanoUsd).toBeLessThanOrEqual(
        caps.personDay.nanoUsd,
      );
      expect(ledger.reserved('g').nanoUsd).toBeGreaterThanOrEqual(expected * 1e9);
    }
  }
}
