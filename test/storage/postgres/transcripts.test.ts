import pg from 'pg';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { SearchScope } from '#src/features/captions/store/search-scope.ts';
import { bestLines } from '#src/features/captions/store/tsvector-index.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { transcriptsPart } from '#src/storage/postgres/transcripts/schema.ts';
import { unsharedLinesIn } from '#src/storage/postgres/transcripts/unshared-lines.ts';
import {
  allOpen,
  answerTo,
  by,
  inMessage,
  lineOf,
  sessionOf,
  startedAtWallMs,
} from '#test/contracts/stores/transcript-samples.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';
import { type OpenedTranscripts, openTranscriptsIn } from './open-transcripts.ts';

const days = { standard: 7, byGuild: {} };
const memory = { guildId: '10', text: 'likes tea', byId: '1', byName: 'Ana', atWallMs: 5 };

async function textsIn(store: OpenedTranscripts, sessionId: string) {
  return (await store.reader.lines(sessionId, allOpen)).map(({ text }) => text);
}

withPostgres(() => {
  goesOn();
  erases();
  shares();
  waits();
  finds();
});

function goesOn(): void {
  test('a successor finds, exports and forgets what a process wrote that is gone', async () => {
    await using schema = await openSchema();
    await using dead = await openTranscriptsIn(schema);
    await dead.writer.putSession(sessionOf('a'));
    await dead.writer.putLines([
      lineOf('a', 1, 'tea please', inMessage('300')),
      lineOf('a', 2, 'b', by('2')),
    ]);
    await dead.memories.add(memory);
    await using successor = await openTranscriptsIn(schema);
    const search = { guildId: '10', words: 'TEA', limit: 9 };
    expect(await successor.reader.search(search, allOpen)).toMatchObject([{ line: { number: 1 } }]);
    const exported = await successor.records.all('10', '1');
    expect([exported.lines.length, exported.memories.length]).toEqual([1, 1]);
    expect((await successor.eraser.forget('10', '1')).count).toBe(1);
    expect(await textsIn(dead, 'a')).toEqual(['b']);
    expect(await dead.memories.list('10')).toEqual([]);
    const [outdated] = await dead.messages.outdated(9);
    expect(outdated).toMatchObject({ message: { messageId: '300' }, lines: [] });
  });

  test('a start ends no session of another process, and 15 minutes without that process do', async () => {
    await using schema = await openSchema();
    await using living = await openTranscriptsIn(schema);
    await living.writer.putSession(sessionOf('a'));
    await living.writer.putLines([lineOf('a', 1, 'one')]);
    const unkept = { channelId: '200', guildId: '10', sessionId: '', postedAtWallMs: 1 };
    await living.messages.put({ ...unkept, messageId: '301' });
    await using started = await openTranscriptsIn(schema);
    const isOver = async () => {
      await started.writer.endOpenSessions();
      await started.eraser.expire(startedAtWallMs + 3_000, days);
      const latest = await started.reader.latest('10', '100');
      const outdated = await started.messages.outdated(9);
      return [latest?.session.endedAtWallMs, outdated.length];
    };
    expect(await isOver()).toEqual([undefined, 0]);
    await schema.sql('UPDATE transcript_writers SET alive_at_ms = alive_at_ms - 840000');
    expect(await isOver()).toEqual([undefined, 0]);
    await schema.sql('UPDATE transcript_writers SET alive_at_ms = alive_at_ms - 60000');
    expect(await isOver()).toEqual([startedAtWallMs + 1_800, 1]);
  });

  test('npm run migrate deletes what only people who sat there might read, and counts it before', async () => {
    await using schema = await openSchema();
    {
      await using store = await openTranscriptsIn(schema);
      for (const id of ['a', 'b']) {
        await store.writer.putSession(sessionOf(id));
        await store.writer.putLines([lineOf(id, 1, 'one'), lineOf(id, 2, 'two', answerTo('1'))]);
      }
    }
    await schema.sql(`ALTER TABLE sessions ADD COLUMN catch_up boolean NOT NULL DEFAULT TRUE;
      UPDATE sessions SET catch_up = FALSE WHERE id = 'a';
      CREATE TABLE presences (session bigint);
      UPDATE parley_schema SET version = 3 WHERE part = 'transcripts'`);
    await using pool = new PostgresPool({ url: schema.url, clock: realClock, mostConnections: 1 });
    expect(await unsharedLinesIn(pool)).toBe(2);
    await migratePostgres(pool, [transcriptsPart], { upgrades: true });
    await using store = await openTranscriptsIn(schema);
    expect([await textsIn(store, 'a'), await textsIn(store, 'b')]).toEqual([[], ['one', 'two']]);
  });

  test('a session that a successor takes over is left to it, and late lines replace nothing', async () => {
    await using schema = await openSchema();
    await using cutOff = await openTranscriptsIn(schema);
    await cutOff.writer.putSession(sessionOf('a'));
    await cutOff.writer.putLines([lineOf('a', 1, 'one')]);
    await using successor = await openTranscriptsIn(schema);
    await successor.writer.putSession(sessionOf('a'));
    await successor.writer.putLines([lineOf('a', 2, 'two')]);
    await cutOff.writer.putLines([lineOf('a', 2, 'another'), lineOf('a', 3, 'three')]);
    await cutOff.writer.putSession(sessionOf('a', { endedAtWallMs: startedAtWallMs }));
    const all = await successor.records.all('10', '1');
    expect(all.lines.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    expect(all.sessions).toEqual([sessionOf('a')]);
  });
}

function erases(): void {
  test('what is erased goes in portions, and what is gone stays gone while another program holds the rest', async () => {
    await using schema = await openSchema();
    await using store = await openTranscriptsIn(schema);
    await store.writer.putSession(sessionOf('a'));
    await store.writer.putLines([lineOf('a', 1, 'the last one')]);
    await schema.sql(`INSERT INTO lines (id, session, person_id, name, start_ms, end_ms, text)
      SELECT key * 4194304 + n, key, '1', 'Ana', 2, 3, 'word'
      FROM sessions, generate_series(2, 20001) AS n`);
    const held = "SELECT id FROM lines WHERE text = 'the last one'";
    // It is found last, and somebody else looks at it.
    await schema.sql(`UPDATE lines SET name = name WHERE id IN (${held})`);
    await schema.sql(`BEGIN; ${held} FOR UPDATE`);
    const forgetting = store.eraser.forget('10', '1');
    const left = async () => Number((await schema.sql('SELECT count(*) AS n FROM lines'))[0]?.n);
    await expect.poll(left).toBeLessThan(20_001);
    expect(await left()).toBe(1);
    await schema.sql('ROLLBACK');
    expect((await forgetting).count).toBe(20_001);
    expect(await left()).toBe(0);
  });
}

function shares(): void {
  test('eight processes append at once and lose nothing, and number memories once', async () => {
    await using schema = await openSchema();
    await using stack = new AsyncDisposableStack();
    const stores = await Promise.all(
      Array.from({ length: 8 }, async () => stack.use(await openTranscriptsIn(schema))),
    );
    await Promise.all(
      stores.map(async (store, n) => {
        const id = `session ${n}`;
        await store.writer.putSession(sessionOf(id));
        const numbers = Array.from({ length: 40 }, (_, at) => at + 1);
        await Promise.all(
          numbers.map((number) => store.writer.putLines([lineOf(id, number, `word${n} common`)])),
        );
        for (let count = 0; count < 5; count++) await store.memories.add(memory);
        await store.eraser.expire(startedAtWallMs, days);
      }),
    );
    const [first] = stores;
    const listed = await first?.reader.sessions('10', allOpen, 99);
    expect(listed?.map(({ lineCount }) => lineCount)).toEqual(Array(8).fill(40));
    const search = { guildId: '10', words: 'common', limit: 999 };
    expect(await first?.reader.search(search, allOpen)).toHaveLength(320);
    const numbers = (await first?.memories.list('10'))?.map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  });
}

function waits(): void {
  test('what is said while the database is away is written once it is back, and what was forgotten since is not', async () => {
    await using schema = await openSchema();
    const { hostname, port } = new URL(schema.url.reveal());
    const target = { host: hostname, port: Number(port === '' ? 5432 : port) };
    await using proxy = await TcpProxy.open(target);
    const clock = new VirtualClock();
    const url = new Secret(proxy.through(schema.url.reveal()));
    await using store = await openTranscriptsIn({ url }, clock);
    await store.writer.putSession(sessionOf('a'));
    proxy.cut();
    const late = (writing: Promise<void>) =>
      expect(writing).rejects.toThrow('did not answer in 5 s');
    const first = late(
      store.writer.putLines([lineOf('a', 1, 'one'), lineOf('a', 2, 'two', by('2'))]),
    );
    const forgetting = store.eraser.forget('10', '2');
    await clock.advance(5_000);
    await first;
    const again = late(store.writer.putLines([lineOf('a', 1, 'one'), lineOf('a', 3, 'three')]));
    const ended = sessionOf('a', { endedAtWallMs: startedAtWallMs + 9_000 });
    const ending = late(store.writer.putSession(ended));
    await clock.advance(5_000);
    await Promise.all([again, ending]);
    proxy.heal();
    const advancing = setInterval(() => void clock.advance(1_000), 5);
    expect((await forgetting).count).toBe(1);
    await expect.poll(() => textsIn(store, 'a')).toEqual(['one', 'three']);
    const endOf = async () => (await store.reader.latest('10', '100'))?.session;
    await expect.poll(endOf).toEqual(ended);
    clearInterval(advancing);
  });
}

/** 20,000 lines in 40 sessions: of ten frequent words, and of one that is in ten of them. */
async function fill(store: OpenedTranscripts): Promise<void> {
  const frequent = ['so', 'and', 'the', 'we', 'then', 'what', 'is', 'it', 'you', 'of'];
  for (let session = 0; session < 40; session++) {
    const id = `session ${session}`;
    await store.writer.putSession(sessionOf(id, { channelId: session === 39 ? '109' : '100' }));
    const lines = Array.from({ length: 500 }, (_, n) => {
      const words = [
        frequent[n % 10],
        frequent[(n * 7) % 10],
        `word${(session * 500 + n) % 3_000}`,
      ];
      return lineOf(id, n + 1, n === 77 && session % 4 === 3 ? 'and xylokarp' : words.join(' '));
    });
    await store.writer.putLines(lines);
  }
}

async function planOf({ url }: TestSchema, text: string, values: readonly unknown[]) {
  const client = new pg.Client({ connectionString: url.reveal() });
  await client.connect();
  const { rows } = await client.query(`EXPLAIN ${text}`, [...values]);
  await client.end();
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

function finds(): void {
  test('a search among 20,000 lines goes by the index of words', async () => {
    await using schema = await openSchema();
    await using store = await openTranscriptsIn(schema);
    await fill(store);
    await schema.sql('ANALYZE lines');
    const search = { guildId: '10', words: 'what is the xylokarp', limit: 9 };
    const found = await store.reader.search(search, allOpen);
    const sessions = [35, 31, 27, 23, 19, 15, 11, 7, 3];
    expect(found.map(({ session }) => session.id)).toEqual(sessions.map((n) => `session ${n}`));
    const terms = [{ term: '1·xylokarp', weight: 1 }];
    const { text, values } = await store.pool.read(async (connection) =>
      bestLines(new SearchScope(connection, search, allOpen), terms),
    );
    const steps = await planOf(schema, text, values);
    expect(steps).toContain('Bitmap Index Scan on lines_by_term');
    expect(steps).not.toContain('Seq Scan on lines');
    const newest = await store.reader.search({ ...search, words: 'the', limit: 2 }, allOpen);
    expect(newest.map(({ session }) => session.id)).toEqual(['session 38', 'session 38']);
  });
}
