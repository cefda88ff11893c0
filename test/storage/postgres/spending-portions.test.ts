import { realClock } from '#src/base/clock.ts';
import { type GuildId, type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { PortionKeeper } from '#src/spending/ledger/portion-keeper.ts';
import { testPortions } from '#test/contracts/stores/spending-store-contract.ts';
import { answerGreedily, openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openPostgresStores } from './open-stores.ts';

const caps = { personDay: toUsd(0.05), serverDay: toUsd(0.4) };

/** One of two processes with budgets in one database: a dollar a day for all servers. */
async function openProcess(schema: TestSchema) {
  await using stack = new AsyncDisposableStack();
  const { spending } = stack.use(await openPostgresStores(schema));
  const ledger = new Ledger();
  const clock = realClock;
  const reported: unknown[] = [];
  const reportError = (error: unknown) => reported.push(error);
  const common = {
    ledger,
    clock,
    report: reportError,
    spending,
    alert: () => undefined,
  };
  const keeper = new PortionKeeper({ ...common, capNanoUsd: toUsd(1), isShared: true });
  const portions = stack.use(keeper);
  await portions.open();
  const { budgets } = openBudgets(clock, { caps, totalUsd: 1, ledger, portions });
  const resources = stack.move();
  return { budgets, reported, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Answers until it may not any more. */
async function answerAll(
  { budgets }: Awaited<ReturnType<typeof openProcess>>,
  guildId: GuildId,
  personId: PersonId,
) {
  const pauseOnce = () => new Promise<void>((resolve) => setImmediate(resolve));
  while (await answerGreedily(budgets, { guildId, personId }, pauseOnce));
}

withPostgres(() => {
  testPortions('PostgreSQL', async () => {
    await using stack = new AsyncDisposableStack();
    const schema = stack.use(await openSchema());
    const allStores = [
      stack.use(await openPostgresStores(schema)),
      stack.use(await openPostgresStores(schema)),
    ];
    const opened = stack.move();
    return { all: allStores, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  });

  test('forty payers at once in two processes pass no cap', async () => {
    await using schema = await openSchema();
    const all = [await openProcess(schema), await openProcess(schema)];
    const payers = all.flatMap((entry, n) =>
      Array.from({ length: 20 }, (_, i) =>
        answerAll(entry, toGuildId(`${n}${i % 2}`), toPersonId(`${i}`)),
      ),
    );
    await Promise.all(payers);
    await Promise.all(all.map((entry) => entry[Symbol.asyncDispose]()));
    expect(all.flatMap(({ reported }) => reported)).toEqual([]);
    const measureTable = async (table: string, sum: string) =>
      Number(
        (await schema.sql(`SELECT ${sum}(nano_usd)::float8 AS nano FROM ${table}`))[0]
          ?.nano,
      );
    const total = await measureTable('spent', 'sum');
    expect(total).toBeLessThanOrEqual(toUsd(1));
    expect(total).toBeGreaterThan(toUsd(0.5));
    expect(await measureTable('spent', 'max')).toBeLessThanOrEqual(caps.serverDay);
    expect(await measureTable('spent_by_person', 'max')).toBeLessThanOrEqual(
      caps.personDay,
    );
    expect(await schema.sql('SELECT * FROM spending_portions')).toEqual([]);
    expect(await schema.sql('SELECT * FROM person_portions')).toEqual([]);
  });
});
