import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { LedgerPersistence } from '#src/spending/ledger/ledger-persistence.ts';
import { type PortionStore, TotalPortion } from '#src/spending/ledger/total-portion.ts';
import { testPortionStore } from '#test/contracts/stores/server-stores-contract.ts';
import {
  answerGreedily,
  MemorySpending,
  openBudgets,
} from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { countRuns, fc } from '#test/properties.ts';

/** Portions in memory, of processes that spend into one book. */
class MemoryPortions {
  isAway = false;
  requests = 0;
  readonly #spending;
  readonly #portions = new Map<object, number>();

  constructor(spending: MemorySpending) {
    this.#spending = spending;
  }

  /** The store as one process sees it; each request takes as long as `waitMs` says. */
  of(clock: Pick<Clock, 'sleep'>, waitMs: () => number): PortionStore {
    const holder = {};
    return {
      reserve: async ({ capNanoUsd, day, nanoUsd, usedNanoUsd }) => {
        await clock.sleep(waitMs(), new AbortController().signal);
        if (this.isAway) throw new BotError('store.unwritable', true, 'Away.');
        this.requests++;
        this.#portions.delete(holder);
        const all = this.#spending.entries.filter(({ guildId }) => guildId === 'all');
        const today = all.filter((entry) => entry.day === day);
        const spentNanoUsd = sumOf(today.map((entry) => entry.nanoUsd));
        const taken = spentNanoUsd + sumOf([...this.#portions.values()]);
        const free = Math.max(0, capNanoUsd - taken);
        const granted = Math.max(usedNanoUsd, Math.min(nanoUsd, free));
        this.#portions.set(holder, granted);
        const leftNanoUsd = Math.max(0, free - granted);
        return { nanoUsd: granted, spentNanoUsd, leftNanoUsd };
      },
    };
  }
}

function sumOf(amounts: readonly number[]) {
  return amounts.reduce((sum, one) => sum + one, 0);
}

const never = new AbortController().signal;
const hourMs = 3_600_000;

testPortionStore('the fake portions', async () => {
  const spending = new MemorySpending();
  const store = new MemoryPortions(spending);
  const open = () => ({
    spending,
    portions: store.of({ sleep: async () => undefined }, () => 0),
  });
  return { all: [open(), open()], async [Symbol.asyncDispose]() {} };
});

/** Processes with a dollar a day for all servers. */
function openWorld() {
  const spending = new MemorySpending();
  return {
    clock: new VirtualClock(),
    spending,
    portions: new MemoryPortions(spending),
  };
}
type World = ReturnType<typeof openWorld>;

async function openProcess(
  { clock, spending, portions }: World,
  { waitMs = () => 0, share = 0.5 }: { waitMs?: () => number; share?: number } = {},
) {
  const ledger = new Ledger({ countsAll: true });
  const reported: unknown[] = [];
  const report = (error: unknown) => reported.push(error);
  const common = { ledger, clock, alert: () => undefined, report };
  const store = portions.of(clock, waitMs);
  const portion = new TotalPortion({ ...common, capNanoUsd: 1e9, share, store });
  const persistence = new LedgerPersistence({ ...common, spending });
  const opening = Promise.all([persistence.open(), portion.open()]);
  await Promise.all([opening, clock.advance(3_000)]);
  const { budgets } = openBudgets(clock, { ledger, totalUsd: 1, portion });
  const close = async () => {
    await persistence[Symbol.asyncDispose]();
    await portion[Symbol.asyncDispose]();
  };
  return { budgets, ledger, portion, reported, close };
}
type Process = Awaited<ReturnType<typeof openProcess>>;

/** Answers one question in writing, for 4 tenths of a cent at most. False: it may not. */
function answer(
  { budgets }: Process,
  pause = () => Promise.resolve(),
  guildId = toGuildId('10'),
) {
  return answerGreedily(budgets, { guildId, personId: toPersonId('1') }, pause);
}

/** Answers until that may not be any more; how many. */
async function answerAll(one: Process) {
  for (let count = 0; ; count++) if (!(await answer(one))) return count;
}

function inTurn(numbers: readonly number[]) {
  let n = 0;
  return () => numbers[n++ % numbers.length] ?? 0;
}

test('processes that spend at once never pass the cap', async () => {
  const anyMs = fc.array(fc.constantFrom(0, 0, 3, 250, 900), {
    minLength: 1,
    maxLength: 5,
  });
  const anyProcess = fc.record({ waits: anyMs, pauses: anyMs });
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyProcess, { minLength: 4, maxLength: 4 }),
      async (plans) => {
        const world = openWorld();
        const { clock } = world;
        const all = plans.map(async ({ waits, pauses }, n) => {
          const one = await openProcess(world, { waitMs: inTurn(waits), share: 0.25 });
          const nextPause = inTurn(pauses);
          const pause = async () => {
            const ms = nextPause();
            if (ms > 0) await clock.sleep(ms, never);
          };
          const payers = Array.from({ length: 10 }, async () => {
            for (let turn = 0; turn < 12; turn++)
              if (!(await answer(one, pause, toGuildId(`${n}`)))) break;
          });
          await Promise.all(payers);
          return one;
        });
        const [opened] = await Promise.all([Promise.all(all), clock.advance(240_000)]);
        const spent = sumOf(opened.map(({ ledger }) => ledger.spentHere.nanoUsd));
        expect(spent).toBeLessThanOrEqual(1e9);
        expect(spent).toBeGreaterThan(0.5e9);
        expect(opened.flatMap(({ reported }) => reported)).toEqual([]);
        await Promise.all([
          Promise.all(opened.map(({ close }) => close())),
          clock.advance(10_000),
        ]);
      },
    ),
    { numRuns: countRuns(15) },
  );
});

test('requests that the portion covers do not wait for the store', async () => {
  const world = openWorld();
  const one = await openProcess(world);
  const before = world.portions.requests;
  expect([await answer(one), await answer(one)]).toEqual([true, true]);
  expect(world.portions.requests).toBe(before);
});

test('while the store is away, a process spends its share of what is left, and waits for nothing', async () => {
  const world = openWorld();
  const { clock, spending } = world;
  const [one, other] = [await openProcess(world), await openProcess(world)];
  world.portions.isAway = true;
  spending.trouble = 'unwritable';
  await clock.advance(61_000);
  const counts = [await answerAll(one), await answerAll(other)];
  const spent = one.ledger.spentHere.nanoUsd + other.ledger.spentHere.nanoUsd;
  expect(spent).toBeLessThanOrEqual(1e9);
  expect(spent).toBeGreaterThan(0.95e9);
  for (const count of counts) expect(count).toBeGreaterThan(100);
  expect([one.reported.length, other.reported.length]).toEqual([1, 1]);
  world.portions.isAway = false;
  spending.trouble = undefined;
  await clock.advance(61_000);
  expect(one.budgets.findTotal()?.usd).toBeCloseTo(spent / 1e9, 6);
});

test('a store that is silent is waited for two seconds once', async () => {
  const world = openWorld();
  const { clock } = world;
  const one = await openProcess(world, { waitMs: () => 30_000 });
  const waits: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const fromMs = clock.nowMs();
    void answer(one).then(() => waits.push(clock.nowMs() - fromMs));
    await clock.advance(3_000);
  }
  expect(waits).toEqual([0, 0, 0]); // the start has waited
});

test('what others have spent is known within a minute, and a new day begins with nothing', async () => {
  const world = openWorld();
  const { clock } = world;
  const [one, other] = [await openProcess(world), await openProcess(world)];
  await Promise.all([answerAll(one), clock.advance(61_000)]);
  expect(other.budgets.findTotal()?.usd).toBeGreaterThan(0.9);
  const answered = async () =>
    (await Promise.all([answer(other), clock.advance(10)]))[0];
  await clock.advance(8 * hourMs);
  expect(await answered()).toBe(true);
  expect(other.budgets.findTotal()?.usd).toBeLessThan(0.01);
});
