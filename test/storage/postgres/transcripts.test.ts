import { toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  describeLostRows,
  migratePostgres,
} from '#src/storage/postgres/migrate-schema.ts';
import { openForProgram } from '#src/storage/postgres/postgres-driver.ts';
import { transcripts } from '#src/storage/store-kinds.ts';
import {
  makeLine,
  makeSession,
  openSessions,
  startedAtWallMs,
  toAnswer,
} from '#test/contracts/stores/transcript-samples.ts';
import { admitPartErasure, admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { type OpenedTranscripts, openPostgresTranscripts } from './open-transcripts.ts';

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
