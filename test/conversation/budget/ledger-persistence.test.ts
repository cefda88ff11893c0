import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { LedgerPersistence } from '#src/spending/ledger/ledger-persistence.ts';
import { MemorySpending } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const g = toGuildId('g');

async function keep(spending: MemorySpending, clock = new VirtualClock()) {
  const reported: unknown[] = [];
  const ledger = new Ledger();
  const keeper = new LedgerPersistence({
    alert: () => undefined,
    ledger,
    spending,
    clock,
    report: (error) => reported.push(error),
  });
  await keeper.open();
  const spend = (nanoUsd: number) =>
    ledger.charge(g, toPersonId('ana'), { nanoUsd }, clock.wallMs());
  const today = () => ledger.getStanding(g, clock.wallMs()).day.nanoUsd;
  return { clock, keeper, spend, today, reported };
}

test('spending is written at most once a second, and at the end', async () => {
  const spending = new MemorySpending();
  const { clock, keeper, spend } = await keep(spending);
  for (let ms = 0; ms < 5_000; ms += 100) {
    spend(1);
    await clock.advance(100);
  }
  expect(spending.writes).toBe(5);
  await clock.advance(60_000);
  expect(spending.writes).toBe(5);
  spend(1);
  await keeper[Symbol.asyncDispose]();
  expect(spending.writes).toBe(6);
});

test('while nothing is spent, no timer runs', async () => {
  const { clock, spend } = await keep(new MemorySpending());
  await clock.advance(2_000);
  expect(clock.sleeping).toBe(0);
  spend(1);
  await clock.advance(5_000);
  expect(clock.sleeping).toBe(0);
});

test('a bot that starts anew knows what was spent before', async () => {
  const spending = new MemorySpending();
  const first = await keep(spending);
  first.spend(7);
  await first.keeper[Symbol.asyncDispose]();
  expect((await keep(spending)).today()).toBe(7);
});

test('while the store cannot be written, sums count from memory, the operator is told once, and nothing is lost', async () => {
  const spending = new MemorySpending();
  const { clock, keeper, spend, today, reported } = await keep(spending);
  spending.trouble = 'unwritable';
  spend(3);
  await clock.advance(10_000);
  spend(4);
  await clock.advance(10_000);
  expect([today(), reported.length]).toEqual([7, 1]);
  spending.trouble = undefined;
  await clock.advance(1_000);
  await keeper[Symbol.asyncDispose]();
  expect((await keep(spending)).today()).toBe(7);
});

test('spending that a slow store writes late is counted once', async () => {
  const spending = new MemorySpending();
  const { clock, keeper, spend } = await keep(spending);
  const disk = Promise.withResolvers<void>();
  const add = spending.add.bind(spending);
  spending.add = (...given) => disk.promise.then(() => add(...given));
  spend(3);
  await clock.advance(20_000);
  spend(4);
  await clock.advance(20_000);
  disk.resolve();
  await clock.advance(2_000);
  await keeper[Symbol.asyncDispose]();
  expect((await keep(spending)).today()).toBe(7);
});

test('former spending that a slow store reads late is counted once', async () => {
  const spending = new MemorySpending();
  const before = await keep(spending);
  before.spend(5);
  await before.keeper[Symbol.asyncDispose]();
  const disk = Promise.withResolvers<void>();
  const read = spending.read.bind(spending);
  spending.read = (day) => disk.promise.then(() => read(day));
  const clock = new VirtualClock();
  const opening = keep(spending, clock);
  await clock.advance(5_000);
  const { spend, today } = await opening;
  spend(2);
  await clock.advance(5_000);
  disk.resolve();
  await clock.advance(10_000);
  expect(today()).toBe(7);
});
