import { realClock } from '#src/base/clock.ts';
import { type GuildId, type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { LedgerPersistence } from '#src/spending/ledger/ledger-persistence.ts';
import { TotalPortion } from '#src/spending/ledger/total-portion.ts';
import { testPortionStore } from '#test/contracts/stores/server-stores-contract.ts';
import { answerGreedily, openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openPostgresStores } from './open-stores.ts';

const today = new Date().toISOString().slice(0, 10);
const caps = { personDay: toUsd(0.05), serverDay: toUsd(0.4) };

/** One of two processes with budgets in one database: a dollar a day for all servers. */
async function openProcess(schema: TestSchema) {
  await using stack = new AsyncDisposableStack();
  const { portions, spending } = stack.use(await openPostgresStores(schema));
  const ledger = new Ledger({ countsAll: true });
  const clock = realClock;
  const reported: unknown[] = [];
  const report = (error: unknown) => reported.push(error);
  const common = { ledger, clock, report, alert: () => undefined };
  const rules = { capNanoUsd: toUsd(1), share: 0.5, store: portions };
  const portion = stack.use(new TotalPortion({ ...common, ...rules }));
  const persistence = stack.use(new LedgerPersistence({ ...common, spending }));
  await Promise.all([persistence.open(), portion.open()]);
  const { budgets } = openBudgets(clock, { caps, totalUsd: 1, ledger, portion });
  const resources = stack.move();
  return { budgets, reported, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Answers until it may not any more. */
async function answerAll(
  { budgets }: Awaited<ReturnType<typeof openProcess>>,
  guildId: GuildId,
  personId: PersonId,
) {
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  while (await answerGreedily(budgets, { guildId, personId }, pause));
}

withPostgres(() => {
  testPortionStore('PostgreSQL', async () => {
    await using stack = new AsyncDisposableStack();
    const schema = stack.use(await openSchema());
    const all = [
      stack.use(await openPostgresStores(schema)),
      stack.use(await openPostgresStores(schema)),
    ];
    const opened = stack.move();
    return { all, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  });

  test('forty payers at once in two processes pass no cap', async () => {
    await using schema = await openSchema();
    const all = [await openProcess(schema), await openProcess(schema)];
    const payers = all.flatMap((one, n) =>
      Array.from({ length: 20 }, (_, i) =>
        answerAll(one, toGuildId(`${n}${i % 2}`), toPersonId(`${i}`)),
      ),
    );
    await Promise.all(payers);
    await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
    expect(all.flatMap(({ reported }) => reported)).toEqual([]);
    const mostOf = async (table: string, where: string) => {
      const most = `SELECT max(nano_usd)::float8 AS most FROM ${table} WHERE guild_id ${where}`;
      return Number((await schema.sql(most))[0]?.most);
    };
    const total = await mostOf('spent', "= 'all'");
    expect(total).toBeLessThanOrEqual(toUsd(1));
    expect(total).toBeGreaterThan(toUsd(0.5));
    expect(await mostOf('spent', "<> 'all'")).toBeLessThanOrEqual(caps.serverDay);
    expect(await mostOf('spent_by_person', "<> 'all'")).toBeLessThanOrEqual(
      caps.personDay,
    );
    expect(await schema.sql('SELECT * FROM spending_portions')).toEqual([]);
  });

  test('the portion of a killed process is free again after five minutes', async () => {
    await using schema = await openSchema();
    await using one = await openPostgresStores(schema);
    await using other = await openPostgresStores(schema);
    const request = { capNanoUsd: 100, day: today, usedNanoUsd: 0 };
    await one.portions.reserve({ ...request, nanoUsd: 60 });
    const ask = () => other.portions.reserve({ ...request, nanoUsd: 100 });
    expect((await ask()).nanoUsd).toBe(40);
    await schema.sql('UPDATE spending_portions SET until_ms = until_ms - 300000');
    expect((await ask()).nanoUsd).toBe(100);
  });
});
