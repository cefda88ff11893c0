import { realClock } from '#src/base/clock.ts';
import { type GuildId, type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { PortionKeeper } from '#src/spending/ledger/portion-keeper.ts';
import { Connection } from '#src/sql/connection.ts';
import { createTables } from '#src/sql/table.ts';
import {
  describeLostRows,
  migratePostgres,
  type SchemaPart,
} from '#src/storage/postgres/migrate-schema.ts';
import {
  createPostgresDriver,
  openForProgram,
} from '#src/storage/postgres/postgres-driver.ts';
import { getPresentFormat } from '#src/storage/schema.ts';
import { mainStore, transcripts } from '#src/storage/store-kinds.ts';
import {
  kindTables,
  testColumnKinds,
} from '#test/contracts/stores/column-kinds-contract.ts';
import { testPortions } from '#test/contracts/stores/spending-store-contract.ts';
import { testStore } from '#test/contracts/stores/store-contract.ts';
import { testTranscripts } from '#test/contracts/stores/transcript-contract.ts';
import {
  makeLine,
  makeSession,
  openSessions,
  startedAtWallMs,
  toAnswer,
} from '#test/contracts/stores/transcript-samples.ts';
import { admitPartErasure, admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import { answerGreedily, openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import {
  formerRows,
  keptOfFormat21,
  keptOfFormat24,
  rowsOfFormat21,
  rowsOfFormat24,
} from '#test/storage/former-consents.ts';
import { openPostgresStores } from './open-stores.ts';
import { type OpenedTranscripts, openPostgresTranscripts } from './open-transcripts.ts';

/** One for all tests of this file, emptied for each. */
let schema: TestSchema | undefined;

afterAll(() => schema?.[Symbol.asyncDispose]());

async function openEmptied<Store extends AsyncDisposable>(
  open: (schema: TestSchema) => Promise<Store>,
) {
  schema ??= await openSchema();
  const { sql } = schema;
  const store = await open(schema);
  const tables = await sql(
    "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'parley_schema'",
  );
  await sql(tables.map(({ tablename }) => `DELETE FROM ${tablename}`).join(';'));
  return {
    ...store,
    async pass(ms: number) {
      await sql(`UPDATE seats SET alive_at_ms = alive_at_ms - ${ms}`);
    },
  };
}

withPostgres(() => {
  testStore('PostgreSQL', () => openEmptied(openPostgresStores));
  testTranscripts('PostgreSQL', () => openEmptied(openPostgresTranscripts));
});

withPostgres(() => {
  testColumnKinds('PostgreSQL', async () => {
    await using opening = new AsyncDisposableStack();
    const schema = opening.use(await openSchema());
    await schema.sql(createTables(kindTables, 'postgres'));
    const driver = opening.use(createPostgresDriver({ url: schema.url }));
    const session = await driver.connect();
    opening.defer(() => session.end(false));
    const resources = opening.move();
    return {
      connection: new Connection('postgres', session.perform, Date.now),
      wallMs: Date.now,
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  });
});

const guildId = toGuildId('10');
const days = new Map([[guildId, 7]]);

async function textsIn(store: OpenedTranscripts, sessionId: string) {
  return (await store.reader.listLines(sessionId, openSessions)).map(
    ({ text }) => text,
  );
}

withPostgres(() => {
  goesOn();
  testErasures();
  testSharing();
});

function goesOn() {
  test('npm run migrate deletes what only people who sat there might read, and counts it before', async () => {
    await using schema = await openSchema();
    {
      await using store = await openPostgresTranscripts(schema);
      for (const id of ['a', 'b']) {
        await store.writer.putSession(makeSession(id));
        await store.writer.putLines([
          makeLine(id, 1, 'one'),
          makeLine(id, 2, 'two', toAnswer('1')),
        ]);
      }
    }
    await schema.sql(`ALTER TABLE sessions ADD COLUMN catch_up boolean NOT NULL DEFAULT TRUE;
      UPDATE sessions SET catch_up = FALSE WHERE id = 'a';
      CREATE TABLE presences (session bigint);
      CREATE TABLE transcript_writers (id text);
      CREATE TABLE answered (line bigint, person_id text);
      ALTER TABLE lines ADD COLUMN words text, ADD COLUMN confidence double precision;
      ALTER TABLE sessions ADD COLUMN written_by text;
      ALTER TABLE caption_messages ADD COLUMN written_by text;
      UPDATE parley_schema SET version = 3 WHERE part = 'transcripts'`);
    await using database = openForProgram({ url: schema.url }, 10_000);
    const lost = expect.stringMatching(
      /^The upgrade deletes 2 captions that were stored/,
    );
    expect(await describeLostRows(database, new Map([['transcripts', 3]]))).toEqual([
      lost,
    ]);
    await migratePostgres(database, [transcripts], { upgrades: true });
    await using store = await openPostgresTranscripts(schema);
    expect([await textsIn(store, 'a'), await textsIn(store, 'b')]).toEqual([
      [],
      ['one', 'two'],
    ]);
  });
}

function testErasures() {
  test('what is erased goes in portions, and what is gone stays gone while another program holds the rest', async () => {
    await using schema = await openSchema();
    await using store = await openPostgresTranscripts(schema);
    await store.writer.putSession(makeSession('a'));
    await store.writer.putLines([makeLine('a', 1, 'the last one')]);
    await schema.sql(`INSERT INTO lines (id, session, person_id, name, start_ms, end_ms, text)
      SELECT key * 4194304 + n, key, '1', 'Ana', 2, 3, 'word'
      FROM sessions, generate_series(2, 2001) AS n`);
    const held = "SELECT id FROM lines WHERE text = 'the last one'";
    // It is found last, and somebody else looks at it.
    await schema.sql(`UPDATE lines SET name = name WHERE id IN (${held})`);
    await schema.sql(`BEGIN; ${held} FOR UPDATE`);
    const forgetting = store.eraser.erasePerson(
      admitPersonErasure(guildId, toPersonId('1')),
    );
    const countLeft = async () =>
      Number((await schema.sql('SELECT count(*) AS n FROM lines'))[0]?.n);
    await expect.poll(countLeft).toBeLessThanOrEqual(101);
    await schema.sql('ROLLBACK');
    expect([await forgetting, await countLeft()]).toEqual([2_001, 0]);
  });
}

function testSharing() {
  test('eight processes append at once and lose nothing', async () => {
    await using schema = await openSchema();
    await using stack = new AsyncDisposableStack();
    const stores = await Promise.all(
      Array.from({ length: 8 }, async () =>
        stack.use(await openPostgresTranscripts(schema)),
      ),
    );
    await Promise.all(
      stores.map(async (store, n) => {
        const id = `session ${n}`;
        await store.writer.putSession(makeSession(id));
        const numbers = Array.from({ length: 40 }, (_, at) => at + 1);
        await Promise.all(
          numbers.map((number) =>
            store.writer.putLines([makeLine(id, number, `word${n} common`)]),
          ),
        );
        await store.eraser.eraseExpired(admitPartErasure(), startedAtWallMs, days);
      }),
    );
    const [first] = stores;
    const listed = await first?.reader.listSessions(guildId, openSessions);
    expect(listed?.map(({ lineCount }) => lineCount)).toEqual(Array(8).fill(40));
    const search = { guildId, words: 'common', limit: 999 };
    expect(await first?.reader.search(search, openSessions)).toHaveLength(320);
  });
}

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

const schemaParts: readonly SchemaPart[] = [mainStore, transcripts];
const openPool = ({ url }: TestSchema) => openForProgram({ url }, 10_000);

withPostgres(() => {
  test.each(schemaParts.map((part) => [part.name, part]))(
    'the migrations create the tables of %s, and a later one runs only where it is asked for, and keeps what is there',
    async (name, part) => {
      await using schema = await openSchema();
      await using pool = openPool(schema);
      await migratePostgres(pool, [part]);
      const known = getPresentFormat(part.postgres);
      expect(await schema.sql('SELECT * FROM parley_schema')).toEqual([
        { part: name, version: known },
      ]);
      await schema.sql('CREATE TABLE kept (id text); INSERT INTO kept VALUES (1)');
      const version = known + 1;
      const sql = "ALTER TABLE kept ADD COLUMN word text NOT NULL DEFAULT 'new'";
      const later = { name, postgres: [...part.postgres, { version, sql }] };
      const copyFirst = `has format ${known} of ${name}; this version writes format ${version}, .* \\(npm run backup -- --transcripts\\), then run npm run migrate\\.$`;
      await expect(migratePostgres(pool, [later])).rejects.toMatchObject({
        code: 'store.misconfigured',
        retryable: false,
        message: expect.stringMatching(copyFirst),
      });
      expect(await schema.sql('SELECT * FROM parley_schema')).toEqual([
        { part: name, version: known },
      ]);
      for (const _time of ['once', 'again'])
        await migratePostgres(pool, [later], { upgrades: true });
      expect(await schema.sql('SELECT * FROM kept')).toEqual([
        { id: '1', word: 'new' },
      ]);
      expect(await schema.sql('SELECT * FROM parley_schema')).toEqual([
        { part: name, version },
      ]);
      await expect(migratePostgres(pool, [part])).rejects.toMatchObject({
        code: 'store.format',
      });
    },
  );

  test('the yes for a day of a former format is deleted and counted, and the no of a seat is kept', async () => {
    await using schema = await openSchema();
    await (await openPostgresStores(schema))[Symbol.asyncDispose]();
    await schema.sql(formerRows);
    await schema.sql("UPDATE parley_schema SET version = 15 WHERE part = 'store'");
    {
      await using pool = openPool(schema);
      const lost = expect.stringMatching(
        /^The upgrade deletes 1 consents that held for one day/,
      );
      expect(await describeLostRows(pool, new Map([['store', 15]]))).toEqual([lost]);
      await migratePostgres(pool, [mainStore], { upgrades: true });
    }
    await using store = await openPostgresStores(schema);
    expect(await store.consents.read(toGuildId('g'))).toEqual(
      new Map(
        Object.entries({
          ann: { kind: 'always' },
          bob: { kind: 'never' },
          cy: { kind: 'never' },
        }),
      ),
    );
    expect(await store.settings.read(toGuildId('g'))).toEqual(
      new Map([['cues', 'on']]),
    );
  });

  test('an erasure under way in a store of format 21 goes on, and all other words stay', async () => {
    await using schema = await openSchema();
    await (await openPostgresStores(schema))[Symbol.asyncDispose]();
    await schema.sql(rowsOfFormat21);
    await schema.sql("UPDATE parley_schema SET version = 21 WHERE part = 'store'");
    {
      await using pool = openPool(schema);
      await migratePostgres(pool, [mainStore], { upgrades: true });
    }
    await using store = await openPostgresStores(schema);
    expect(await store.consents.read(toGuildId('g'))).toEqual(keptOfFormat21.consents);
    expect(await store.consents.listErasures()).toEqual(keptOfFormat21.erasures);
  });

  test('personas, captions and rests of channels in a store of format 24 become settings of the channels', async () => {
    await using schema = await openSchema();
    await (await openPostgresStores(schema))[Symbol.asyncDispose]();
    await schema.sql(rowsOfFormat24);
    await schema.sql("UPDATE parley_schema SET version = 24 WHERE part = 'store'");
    {
      await using pool = openPool(schema);
      await migratePostgres(pool, [mainStore], { upgrades: true });
    }
    await using store = await openPostgresStores(schema);
    const { settings } = store;
    expect(await settings.read(toGuildId('g'))).toEqual(keptOfFormat24.server);
    expect(await settings.readChannels(toGuildId('g'))).toEqual(
      keptOfFormat24.channels,
    );
    expect(
      await schema.sql(
        "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'parley%'",
      ),
    ).toEqual([]);
  });
});
