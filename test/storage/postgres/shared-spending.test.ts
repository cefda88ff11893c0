import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { dayOf } from '#src/spending/calendar.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { SharedLedger } from '#src/spending/ledger/shared-ledger.ts';
import type { SpendingEntry } from '#src/spending/spending-store.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { dollars, openBudgets } from '#test/fakes/spending.ts';
import { openIn } from './open-stores.ts';

const guildId = '10';
const order = {
  kind: 'answer' as const,
  guildId,
  name: 'Ana',
  first: { messages: [], heardMs: 4_000 },
};
const today = dayOf(Date.now());
const entry: SpendingEntry = { guildId, day: today, nanoUsd: 1, turns: 4 };

/** One of several processes with budgets in one database: a dollar a day for the server. */
async function openProcess(schema: TestSchema, totalUsd = 0) {
  await using stack = new AsyncDisposableStack();
  const { sharedSpending: shared, spending: former } = stack.use(await openIn(schema));
  const ledger = new Ledger({ countsAll: totalUsd > 0 });
  const clock = realClock;
  const reported: unknown[] = [];
  const exchange = stack.use(
    new SharedLedger({
      alert: () => undefined,
      ledger,
      shared,
      former,
      clock,
      report: (error) => reported.push(error),
    }),
  );
  await exchange.open();
  const { budgets } = openBudgets(clock, {
    caps: { serverDay: dollars(1) },
    totalUsd,
    ledger,
    exchange,
  });
  const resources = stack.move();
  return { budgets, reported, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Answers until it may not any more, each for 1 to 8 cents; how many. */
async function answerAll(
  { budgets }: Awaited<ReturnType<typeof openProcess>>,
  personId: string,
  guildId = order.guildId,
): Promise<number> {
  for (let count = 0; ; count++) {
    await budgets.ready(guildId);
    const opened = budgets.open({ ...order, guildId, personId });
    if (opened.kind === 'refused') return count;
    opened.reservation.used({ inputTokens: 10_000 * (1 + (count % 8)), outputTokens: 0 });
    if (count % 3 > 0) await new Promise(setImmediate);
    opened.reservation.close();
  }
}

withPostgres(() => {
  test('eight processes that spend one budget pass it by one answer each at most', async () => {
    await using schema = await openSchema();
    const all = await Promise.all(Array.from({ length: 8 }, () => openProcess(schema)));
    const counts = await Promise.all(all.map((one, n) => answerAll(one, `${n % 3}`)));
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(11);
    await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
    expect(all.flatMap(({ reported }) => reported)).toEqual([]);
    const [sum] = await schema.sql('SELECT nano_usd::float8 AS spent FROM spent');
    const [theirs] = await schema.sql('SELECT sum(nano_usd)::float8 AS spent FROM spent_by_person');
    expect(sum?.spent).toBeLessThanOrEqual(1e9 + 8 * 0.08e9);
    expect(sum?.spent).toBeGreaterThan(0.9e9);
    expect(theirs).toEqual(sum);
    expect(await schema.sql('SELECT * FROM spending_reserves')).toEqual([]);
  });

  test('eight processes with a server each pass the total of all servers by one answer each at most', async () => {
    await using schema = await openSchema();
    const all = await Promise.all(Array.from({ length: 8 }, () => openProcess(schema, 1)));
    await Promise.all(all.map((one, n) => answerAll(one, '1', `${10 + n}`)));
    await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
    expect(all.flatMap(({ reported }) => reported)).toEqual([]);
    const [sum] = await schema.sql(
      "SELECT sum(nano_usd)::float8 AS spent FROM spent WHERE guild_id <> 'all'",
    );
    expect(sum?.spent).toBeLessThanOrEqual(1e9 + 8 * 0.08e9);
    expect(sum?.spent).toBeGreaterThan(0.9e9);
    const total = "SELECT nano_usd::float8 AS spent FROM spent WHERE guild_id = 'all'";
    expect(await schema.sql(total)).toEqual([sum]);
    expect(await schema.sql('SELECT * FROM spending_reserves')).toEqual([]);
  });

  test('what eight processes add at a time adds up, row by row in any order', async () => {
    await using schema = await openSchema();
    const all = await Promise.all(Array.from({ length: 8 }, () => openIn(schema)));
    const entries = ['10', '20', '30'].flatMap((id) => {
      const ofServer = { ...entry, guildId: id };
      return [ofServer, { ...ofServer, personId: '1' }];
    });
    const adding = all.flatMap(({ spending }, n) =>
      Array.from({ length: 5 }, (_, i) =>
        spending.add((n + i) % 2 > 0 ? entries : entries.toReversed()),
      ),
    );
    await Promise.all(adding);
    const found = (await all[0]?.spending.read(today)) ?? [];
    expect(found).toHaveLength(6);
    for (const sum of found) expect(sum).toMatchObject({ nanoUsd: 40, turns: 160 });
    await Promise.all(all.map((store) => store[Symbol.asyncDispose]()));
  });

  test('of entries of several days, as after a store that was away, those of the last day stay', async () => {
    await using schema = await openSchema();
    await using store = await openIn(schema);
    const last = { ...entry, personId: '1', day: '2026-11-20' };
    await store.spending.add([{ ...last, day: '2026-11-16' }, last]);
    expect(await store.spending.read('2026-11-16')).toEqual([]);
    expect(await store.spending.read('2026-11-20')).toEqual([last]);
  });

  test('what a killed process had put aside is free again after five minutes', async () => {
    await using schema = await openSchema();
    await using one = await openIn(schema);
    await using other = await openIn(schema);
    const report = { day: today, guildIds: [guildId], entries: [] };
    const reserve = { guildId, personId: '1', nanoUsd: 5 };
    await one.sharedSpending.exchange({ ...report, reserves: [reserve] });
    const ask = () => other.sharedSpending.exchange({ ...report, reserves: [] });
    expect((await ask()).reserves).toEqual([reserve]);
    await schema.sql('UPDATE spending_reserves SET until_ms = until_ms - 300000');
    expect((await ask()).reserves).toEqual([]);
  });
});
