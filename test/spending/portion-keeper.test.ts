import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { PortionKeeper } from '#src/spending/ledger/portion-keeper.ts';
import type { SpendingStore } from '#src/spending/spending-store.ts';
import {
  answerGreedily,
  MemorySpending,
  openBudgets,
  reserveAnswer,
  toUsd,
} from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { countRuns, fc } from '#test/properties.ts';

const never = new AbortController().signal;
const hourMs = 3_600_000;
const [g, ana] = [toGuildId('10'), toPersonId('1')];

type World = { readonly clock: VirtualClock; readonly spending: MemorySpending };

function openWorld(): World {
  return { clock: new VirtualClock(), spending: new MemorySpending() };
}

type ProcessOptions = {
  readonly store?: SpendingStore;
  readonly totalUsd?: number;
  readonly personUsd?: number;
};

/** One run of a bot, by default with a dollar a day for all servers. */
async function openProcess(
  { clock, spending }: World,
  { store = spending.openRun(), totalUsd = 1, personUsd = 0 }: ProcessOptions = {},
) {
  const ledger = new Ledger();
  const reported: unknown[] = [];
  const keeper = new PortionKeeper({
    ledger,
    clock,
    alert: () => undefined,
    report: (error) => reported.push(error),
    spending: store,
    capNanoUsd: toUsd(totalUsd),
    isShared: true,
  });
  const caps = { personDay: toUsd(personUsd) };
  await Promise.all([keeper.open(), clock.advance(6_000)]);
  const { budgets } = openBudgets(clock, { ledger, totalUsd, caps, portions: keeper });
  const getStandings = () => ({
    server: ledger.getStanding(g, clock.wallMs()).day.nanoUsd,
    person: ledger.getShare(g, ana, clock.wallMs()).nanoUsd,
    total: ledger.getTotal(clock.wallMs()),
  });
  return { budgets, ledger, keeper, reported, getStandings };
}
type Process = Awaited<ReturnType<typeof openProcess>>;

/** Answers one question in writing, for 4 tenths of a cent. False: it may not. */
function answerInWriting(
  { budgets }: Pick<Process, 'budgets'>,
  pause = () => Promise.resolve(),
  guildId = g,
) {
  return answerGreedily(budgets, { guildId, personId: ana }, pause);
}

/** A store whose writes take as long as `waitMs` says, before and after they are done. */
function slowDown(
  store: SpendingStore,
  clock: VirtualClock,
  waitMs: () => number,
): SpendingStore {
  return {
    read: (day) => store.read(day),
    write: async (write) => {
      const halfMs = waitMs() / 2;
      await clock.sleep(halfMs, never);
      const standing = await store.write(write);
      await clock.sleep(halfMs, never);
      return standing;
    },
  };
}

function inTurn(numbers: readonly number[]) {
  let n = 0;
  return () => numbers[n++ % numbers.length] ?? 0;
}

test('a run that is killed after its answers is counted by the next ones, to the cap', async () => {
  const world = openWorld();
  let spent = 0;
  for (let run = 0; run < 40; run++) {
    const bot = await openProcess(world, { totalUsd: 0.1, personUsd: 0.05 });
    const standingsBefore = bot.getStandings();
    expect(standingsBefore.server).toBeGreaterThanOrEqual(spent);
    expect(standingsBefore.person).toBeGreaterThanOrEqual(spent);
    await answerInWriting(bot);
    await world.clock.advance(500);
    spent += bot.getStandings().server - standingsBefore.server;
  }
  expect(spent).toBeGreaterThan(toUsd(0.01));
  expect(spent).toBeLessThanOrEqual(toUsd(0.05));
});

test('a request that still runs at the kill is counted with all that it may cost', async () => {
  const world = openWorld();
  const bot = await openProcess(world);
  void answerInWriting(bot, () => new Promise(() => undefined));
  await world.clock.advance(10);
  const { person, server } = (await openProcess(world)).getStandings();
  expect(server).toBeGreaterThanOrEqual(toUsd(0.004));
  expect(person).toBeGreaterThanOrEqual(toUsd(0.004));
});

test('a request that leaves after midnight for an answer of the day before counts on its own day', async () => {
  const clock = new VirtualClock(Date.UTC(2026, 10, 20, 23, 59, 53));
  const world = { clock, spending: new MemorySpending() };
  const bot = await openProcess(world);
  using reservation = reserveAnswer(bot.budgets, { guildId: g, personId: ana });
  await reservation?.reserveRequest([], [], 0);
  await clock.advance(2_000);
  for (let n = 0; n < 6; n++) await reservation?.reserveRequest([], [], 0);
  await clock.advance(130_000); // after which nothing but these requests is set aside
  const { person, server } = (await openProcess(world)).getStandings();
  expect(Math.min(person, server)).toBeGreaterThanOrEqual(toUsd(0.028));
});

test('a clean end gives back what was not spent, and what was spent is kept', async () => {
  const world = openWorld();
  const bot = await openProcess(world);
  await answerInWriting(bot);
  const spent = bot.getStandings();
  expect(spent.server).toBeGreaterThan(0);
  await bot.keeper[Symbol.asyncDispose]();
  expect((await openProcess(world)).getStandings()).toEqual(spent);
  expect(spent.total).toBe(spent.server);
});

test('a portion that nothing uses is given back after a minute', async () => {
  const world = openWorld();
  const bot = await openProcess(world);
  await answerInWriting(bot);
  await world.clock.advance(130_000);
  expect((await openProcess(world)).getStandings()).toEqual(bot.getStandings());
});

test('in usual talk no request waits for the disk', async () => {
  const world = openWorld();
  const { clock, spending } = world;
  const bot = await openProcess(world, {
    store: slowDown(spending.openRun(), clock, () => 40),
  });
  bot.keeper.prepare(g, ana); // as when a person begins to speak
  await clock.advance(100);
  const waits: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const fromMs = clock.nowMs();
    void answerInWriting(bot).then((isAnswered) => {
      expect(isAnswered).toBe(true);
      waits.push(clock.nowMs() - fromMs);
    });
    await clock.advance(5_000);
  }
  expect(waits).toEqual(Array(20).fill(0));
});

test('while the store takes nothing, the portion is spent, the next request is refused by name, and a moment later it goes on', async () => {
  const world = openWorld();
  const { clock, spending } = world;
  const bot = await openProcess(world);
  await answerInWriting(bot);
  await clock.advance(2_000);
  spending.trouble = 'unwritable';
  let answered = 0;
  while (await answerInWriting(bot)) answered++;
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(10);
  const order = { kind: 'answer in writing', guildId: g, personId: ana } as const;
  const refused = bot.budgets.open({ ...order, first: { messages: [] } });
  expect(refused).toMatchObject({
    kind: 'refused',
    cap: 'unstored',
    line: { id: 'budget.unstored' },
  });
  expect(bot.reported).toHaveLength(1);
  spending.trouble = undefined;
  await clock.advance(3_000);
  expect(await answerInWriting(bot)).toBe(true);
});

test('a store that is silent is waited for at most two seconds', async () => {
  const world = openWorld();
  const { clock, spending } = world;
  const store = slowDown(spending.openRun(), clock, inTurn([0, 30_000]));
  const bot = await openProcess(world, { store });
  let isAnswered: boolean | undefined;
  const fromMs = clock.nowMs();
  void answerInWriting(bot).then((item) => {
    isAnswered = item;
  });
  await clock.advance(2_100);
  expect(isAnswered).toBe(false);
  expect(clock.nowMs() - fromMs).toBe(2_100);
});

test('a book that cannot be read at the start lets no paid request leave until it can', async () => {
  const world = openWorld();
  await answerInWriting(await openProcess(world));
  world.spending.trouble = 'unreadable';
  const bot = await openProcess(world);
  expect(await answerInWriting(bot)).toBe(false);
  world.spending.trouble = undefined;
  await world.clock.advance(2_000);
  expect(bot.getStandings().server).toBeGreaterThan(0);
  expect(await answerInWriting(bot)).toBe(true);
});

test('a person who is forgotten is in no portion, and still counts for the server', async () => {
  const world = openWorld();
  const bot = await openProcess(world);
  bot.budgets.forget(g, ana);
  await answerInWriting(bot);
  await world.clock.advance(2_000);
  const rows = [...world.spending.portions.values(), world.spending.entries].flat();
  expect(rows.filter(({ personId }) => personId === ana)).toEqual([]);
  expect((await openProcess(world)).getStandings().server).toBeGreaterThan(0);
});

test('sums are written at most once a second, at the end, and never while nothing is spent', async () => {
  const { clock, spending } = openWorld();
  const ledger = new Ledger();
  const ignoreReport = () => undefined;
  const options = {
    ledger,
    clock,
    spending,
    alert: ignoreReport,
    report: ignoreReport,
  };
  const keeper = new PortionKeeper({ ...options, capNanoUsd: 0 });
  await keeper.open();
  const countWrites = () => spending.writes - 1; // the first one at the start
  const spendOne = () => ledger.charge(g, ana, { nanoUsd: 1 }, clock.wallMs());
  for (let ms = 0; ms < 5_000; ms += 100) {
    spendOne();
    await clock.advance(100);
  }
  expect(countWrites()).toBe(5);
  await clock.advance(60_000);
  expect([countWrites(), clock.sleeping]).toEqual([5, 0]);
  spendOne();
  await keeper[Symbol.asyncDispose]();
  expect(countWrites()).toBe(6);
});

test('sums that a slow store writes late are counted once', async () => {
  const world = openWorld();
  const { clock, spending } = world;
  const bot = await openProcess(world, {
    store: slowDown(spending.openRun(), clock, inTurn([0, 40_000])),
  });
  const spendThree = () => bot.ledger.charge(g, ana, { nanoUsd: 3 }, clock.wallMs());
  spendThree();
  await clock.advance(5_000);
  spendThree();
  await clock.advance(90_000);
  await Promise.all([bot.keeper[Symbol.asyncDispose](), clock.advance(50_000)]);
  expect((await openProcess(world)).getStandings().server).toBe(6);
});

test('what other processes have spent is known within a minute, and a new day begins with nothing', async () => {
  const world = openWorld();
  const { clock } = world;
  const [one, other] = [await openProcess(world), await openProcess(world)];
  while (await answerInWriting(one));
  await clock.advance(61_000);
  expect(other.getStandings().total).toBeGreaterThan(toUsd(0.9));
  expect(await answerInWriting(other, undefined, toGuildId('20'))).toBe(false);
  await clock.advance(8 * hourMs);
  expect(await answerInWriting(other, undefined, toGuildId('20'))).toBe(true);
  expect(other.getStandings().total).toBeLessThan(toUsd(0.01));
});

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
        const { clock, spending } = world;
        const all = plans.map(async ({ waits, pauses }, n) => {
          const store = slowDown(spending.openRun(), clock, inTurn(waits));
          const bot = await openProcess(world, { store });
          const nextPause = inTurn(pauses);
          const pauseAWhile = () => clock.sleep(nextPause(), never);
          const payers = Array.from({ length: 10 }, async () => {
            for (let turn = 0; turn < 12; turn++)
              if (!(await answerInWriting(bot, pauseAWhile, toGuildId(`${n}`)))) break;
          });
          await Promise.all(payers);
          return bot;
        });
        const [opened] = await Promise.all([Promise.all(all), clock.advance(240_000)]);
        const ending = opened.map(({ keeper }) => keeper[Symbol.asyncDispose]());
        await Promise.all([...ending, clock.advance(10_000)]);
        const spent = (await openProcess(world)).getStandings().total;
        expect(spent).toBeLessThanOrEqual(toUsd(1));
        expect(spent).toBeGreaterThan(toUsd(0.5));
        expect(opened.flatMap(({ reported }) => reported)).toEqual([]);
      },
    ),
    { numRuns: countRuns(5) },
  );
});

/** Kills of a process, with the wait before each. A run answers several people, also over midnight. */
const anyKills = fc.record({
  waits: fc.array(fc.constantFrom(0, 1, 30, 400, 2_500), {
    minLength: 1,
    maxLength: 5,
  }),
  pauses: fc.array(fc.constantFrom(0, 5, 300, 1_500), { minLength: 1, maxLength: 4 }),
  runsMs: fc.array(fc.constantFrom(1, 40, 500, 1_200, 4_000, 20_000), {
    minLength: 3,
    maxLength: 8,
  }),
  isDown: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
});

test('killed at any moment, a run has sent nothing that the next one does not count', () =>
  fc.assert(
    fc.asyncProperty(anyKills, async ({ waits, pauses, runsMs, isDown }) => {
      // 20 s before midnight.
      const clock = new VirtualClock(Date.UTC(2026, 10, 20, 23, 59, 40));
      const world = { clock, spending: new MemorySpending() };
      const provider = new CountingProvider(clock);
      const downs = inTurn(isDown.map(Number));
      for (const runMs of runsMs) {
        let isAlive = true;
        const own = slowDown(world.spending.openRun(), clock, inTurn(waits));
        const store: SpendingStore = {
          read: (day) => own.read(day),
          // A dead process writes nothing.
          write: (write) => (isAlive ? own.write(write) : new Promise(() => undefined)),
        };
        const bot = await openProcess(world, { store, totalUsd: 0.15, personUsd: 0.1 });
        provider.check(bot);
        const nextPause = inTurn(pauses);
        const askRepeatedly = async (personId: string) => {
          while (isAlive)
            if (!(await provider.answer(bot, personId, nextPause, () => isAlive)))
              await clock.sleep(1_000, never);
        };
        for (const personId of ['1', '2', '3']) void askRepeatedly(personId);
        world.spending.trouble = downs() === 1 ? 'unwritable' : undefined;
        await clock.advance(runMs);
        isAlive = false;
        world.spending.trouble = undefined;
      }
      await clock.advance(10_000);
      provider.check(await openProcess(world, { totalUsd: 0.15, personUsd: 0.1 }));
    }),
    { numRuns: countRuns(15) },
  ));

/** A provider that charges each request for all that it allows, as soon as it has left. */
class CountingProvider {
  readonly #clock: VirtualClock;
  readonly #spent = new Map<string, number>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async answer(
    { budgets }: Process,
    personId: string,
    nextPauseMs: () => number,
    isAlive: () => boolean,
  ) {
    const pauseAWhile = async () => {
      await this.#clock.sleep(nextPauseMs(), never);
      if (!isAlive()) await new Promise(() => undefined);
    };
    const asker = { guildId: g, personId: toPersonId(personId) };
    return await answerGreedily(budgets, asker, pauseAWhile, (tokens) => {
      if (isAlive()) for (const key of this.#listKeys(personId)) this.#add(key, tokens);
    });
  }

  /** Judges what a new run counts today. */
  check({ ledger }: Process) {
    const [all = '', one = ''] = this.#listKeys('1');
    const nowMs = this.#clock.wallMs();
    const spent = this.#spent.get(all) ?? 0;
    expect(ledger.getStanding(g, nowMs).day.nanoUsd).toBeGreaterThanOrEqual(spent);
    expect(ledger.getTotal(nowMs)).toBeGreaterThanOrEqual(spent);
    expect(spent).toBeLessThanOrEqual(toUsd(0.15));
    const ofOne = this.#spent.get(one) ?? 0;
    const share = ledger.getShare(g, toPersonId('1'), nowMs).nanoUsd;
    expect(share).toBeGreaterThanOrEqual(ofOne);
    expect(ofOne).toBeLessThanOrEqual(toUsd(0.1));
  }

  #listKeys(personId: string) {
    const day = new Date(this.#clock.wallMs()).toISOString().slice(0, 10);
    return [day, `${day} ${personId}`];
  }

  #add(key: string, tokens: number) {
    this.#spent.set(key, (this.#spent.get(key) ?? 0) + tokens * 1_000);
  }
}

test('a late write that fails costs no cap', async () => {
  const world = openWorld();
  const { spending } = world;
  const inner = spending.openRun();
  // The first commits are lost on the way back, as from a database that loses its connection.
  let lost = 0;
  const store: SpendingStore = {
    read: (day) => inner.read(day),
    write: async (write) => {
      const standing = await inner.write(write);
      if (write.portions.length > 0 && lost++ < 2)
        throw new BotError('store.unwritable', true, 'Lost.');
      return standing;
    },
  };
  const bot = await openProcess(world, { store, totalUsd: 0.02 });
  for (let turn = 0; turn < 20; turn++) {
    await answerInWriting(bot);
    await world.clock.advance(2_000);
  }
  const next = (await openProcess(world, { totalUsd: 0.02 })).getStandings();
  expect(next.server).toBeGreaterThanOrEqual(bot.getStandings().server);
  expect(bot.getStandings().server).toBeLessThanOrEqual(toUsd(0.02));
});
