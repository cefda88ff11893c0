import { expect, test } from 'vitest';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { SharedLedger } from '#src/spending/ledger/shared-ledger.ts';
import type { SharedReserve, SharedSpending } from '#src/spending/ledger/shared-spending.ts';
import type { SpendingEntry } from '#src/spending/spending-store.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';
import { dollars, openBudgets } from '#test/fakes/spending.ts';

import { fc, runs } from '#test/properties.ts';

const guildId = '10';
const order = {
  kind: 'answer' as const,
  guildId,
  personId: '1',
  name: 'Ana',
  first: { messages: [], heardMs: 4_000 },
};

/** A book in memory that several processes report to. Each report takes as long as `waitMs` says. */
class MemorySharedStore {
  isAway = false;
  reports = 0;
  readonly entries: SpendingEntry[] = [];
  readonly #reserves = new Map<object, readonly SharedReserve[]>();

  of(clock: VirtualClock, waitMs: () => number): SharedSpending {
    const holder = {};
    const isAway = () => this.isAway;
    return {
      get isAway() {
        return isAway();
      },
      exchange: async ({ entries, reserves }) => {
        await clock.sleep(waitMs(), new AbortController().signal);
        while (this.isAway) await clock.sleep(1_000, new AbortController().signal);
        this.reports++;
        this.entries.push(...entries);
        this.#reserves.set(holder, reserves);
        const others = [...this.#reserves].filter(([one]) => one !== holder);
        return { entries: [...this.entries], reserves: others.flatMap(([, theirs]) => theirs) };
      },
    };
  }

  get nanoUsd(): number {
    const ofServer = this.entries.filter(({ personId }) => personId === undefined);
    return ofServer.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
  }
}

function openProcess(shared: MemorySharedStore, clock: VirtualClock, waitMs = () => 2) {
  const ledger = new Ledger();
  const exchange = new SharedLedger({
    alert: () => undefined,
    ledger,
    shared: shared.of(clock, waitMs),
    former: { read: async () => [...shared.entries] },
    clock,
    report: () => undefined,
  });
  void exchange.open();
  const { budgets } = openBudgets(clock, { caps: { serverDay: dollars(1) }, ledger, exchange });
  return { ledger, exchange, budgets };
}

/** Answers one question, which really takes so many tokens; false: it may not. */
async function answer(
  { budgets }: ReturnType<typeof openProcess>,
  tokens: number,
  pause: () => Promise<void>,
): Promise<boolean> {
  await budgets.ready(guildId);
  const opened = budgets.open(order);
  if (opened.kind === 'refused') return false;
  await pause();
  opened.reservation.used({ inputTokens: tokens, outputTokens: 0 });
  await pause();
  opened.reservation.close();
  return true;
}

/** These numbers again and again. */
function inTurn(numbers: readonly number[]): () => number {
  let n = 0;
  return () => numbers[n++ % numbers.length] ?? 0;
}

test('processes that spend at once pass a cap by one answer each at most', async () => {
  const mostTokens = 120_000; // 12 cents an answer
  const anyProcess = fc.record({
    tokens: fc.array(fc.integer({ min: 1_000, max: mostTokens }), { minLength: 1, maxLength: 5 }),
    waits: fc.array(fc.integer({ min: 0, max: 250 }), { minLength: 1, maxLength: 5 }),
    pauses: fc.array(fc.constantFrom(0, 0, 3, 700), { minLength: 1, maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyProcess, { minLength: 8, maxLength: 8 }), async (plans) => {
      const clock = new VirtualClock();
      const shared = new MemorySharedStore();
      const all = plans.map(async ({ tokens, waits, pauses }) => {
        const one = openProcess(shared, clock, inTurn(waits));
        const nextPause = inTurn(pauses);
        const pause = async () => {
          const ms = nextPause();
          if (ms > 0) await clock.sleep(ms, new AbortController().signal);
        };
        for (let turn = 0; turn < 40; turn++)
          if (!(await answer(one, tokens[turn % tokens.length] ?? 0, pause))) break;
        await one.exchange[Symbol.asyncDispose]();
      });
      await Promise.all([Promise.all(all), clock.advance(240_000)]);
      expect(shared.nanoUsd).toBeLessThanOrEqual(1e9 + 8 * mostTokens * 1_000);
    }),
    { numRuns: runs(15) },
  );
});

/** Waits until everybody knows what the others have told. */
async function reportOf(
  clock: VirtualClock,
  ...all: ReturnType<typeof openProcess>[]
): Promise<void> {
  const ready = Promise.all(all.map(({ budgets }) => budgets.ready(guildId)));
  await clock.advance(10);
  await ready;
}

test('a process that takes a server over knows what the one before it has spent there', async () => {
  const clock = new VirtualClock();
  const shared = new MemorySharedStore();
  const [first, second] = [openProcess(shared, clock), openProcess(shared, clock)];
  await reportOf(clock, first, second);
  first.ledger.charge(guildId, '1', { nanoUsd: 0.9999e9 }, clock.wallMs());
  await clock.advance(1_100);
  await clock.advance(60_000);
  expect(second.budgets.today(guildId).usd).toBe(0);
  await reportOf(clock, second);
  expect(second.budgets.today(guildId)).toMatchObject({ usd: 0.9999, top: { personId: '1' } });
  expect(second.budgets.open(order)).toMatchObject({ kind: 'refused' });
});

test('what another process has put aside is not spent twice', async () => {
  const clock = new VirtualClock();
  const shared = new MemorySharedStore();
  const [first, second] = [openProcess(shared, clock), openProcess(shared, clock)];
  first.ledger.charge(guildId, undefined, { nanoUsd: 0.999e9 }, clock.wallMs());
  await reportOf(clock, first);
  const opened = first.budgets.open(order);
  expect(opened.kind).toBe('open');
  await reportOf(clock, first, second);
  expect(second.budgets.open(order).kind).toBe('refused');
  if (opened.kind === 'open') opened.reservation.close();
  await clock.advance(60_100);
  await reportOf(clock, first, second);
  expect(second.budgets.open(order).kind).toBe('open');
});

test('while the store is away nobody waits for it, and everything is reported afterwards', async () => {
  const clock = new VirtualClock();
  const shared = new MemorySharedStore();
  const one = openProcess(shared, clock);
  await reportOf(clock, one);
  shared.isAway = true;
  const waits: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    const fromMs = clock.nowMs();
    const answered = answer(one, 10_000, () => Promise.resolve()).then((isAllowed) => {
      expect(isAllowed).toBe(true);
      waits.push(clock.nowMs() - fromMs);
    });
    await clock.advance(5_000);
    await answered;
  }
  expect(waits).toEqual([0, 0, 0, 0, 0]);
  expect(shared.nanoUsd).toBe(0);
  shared.isAway = false;
  await clock.advance(5_000);
  expect(shared.nanoUsd).toBe(5 * 10_000_000);
  expect(one.budgets.today(guildId).usd).toBe(0.05);
});

test('a report that was under way when somebody was forgotten brings nobody back', async () => {
  const clock = new VirtualClock();
  const shared = new MemorySharedStore();
  const one = openProcess(shared, clock, () => 50);
  one.ledger.charge(guildId, '1', { nanoUsd: 5 }, clock.wallMs());
  one.exchange.changed(guildId);
  await clock.advance(20);
  one.budgets.forget(guildId, '1');
  shared.entries.splice(0, Infinity, ...shared.entries.filter(({ personId }) => personId !== '1'));
  await clock.advance(40);
  expect(one.budgets.today(guildId)).not.toHaveProperty('top');
});

test('sums that change all the time are reported once a second', async () => {
  const clock = new VirtualClock();
  const shared = new MemorySharedStore();
  const one = openProcess(shared, clock);
  await reportOf(clock, one);
  const before = shared.reports;
  for (let n = 0; n < 100; n++) {
    one.ledger.charge(guildId, '1', { nanoUsd: 1 }, clock.wallMs());
    await clock.advance(100);
  }
  await settled();
  expect(shared.reports - before).toBeLessThanOrEqual(11);
  expect(one.budgets.today(guildId).usd).toBe(100 / 1e9);
});

test('a store that is silent is waited for two seconds once', async () => {
  const clock = new VirtualClock();
  const one = openProcess(new MemorySharedStore(), clock, () => 30_000);
  const waits: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const fromMs = clock.nowMs();
    const answered = answer(one, 10_000, () => Promise.resolve()).then(() => {
      waits.push(clock.nowMs() - fromMs);
    });
    await clock.advance(5_000);
    await answered;
  }
  expect(waits).toEqual([2_000, 0, 0]);
});

test('what was spent before the start counts before anybody has reported', async () => {
  const clock = new VirtualClock();
  const shared = new MemorySharedStore();
  const day = '2026-11-20';
  shared.entries.push({ guildId, day, nanoUsd: 0.9999e9, turns: 1 });
  const { budgets } = openProcess(shared, clock);
  await settled();
  expect(budgets.today(guildId).usd).toBe(0.9999);
  expect(budgets.used(guildId)).toMatchObject({ line: { id: 'budget.guild' } });
  await reportOf(clock, { budgets } as ReturnType<typeof openProcess>);
  expect(budgets.today(guildId).usd).toBe(0.9999);
});
