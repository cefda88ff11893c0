import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { text } from '#src/sql/columns.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { lastDevelopmentCommit } from '#src/sql/trouble.ts';
import { type Database, openDatabase } from '#src/storage/database.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { migrations } from '#src/storage/main-format.ts';
import { type Migration, rangeOf, versionIn } from '#src/storage/schema.ts';
import type { Store } from '#src/storage/store.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import { migrations as transcriptMigrations } from '#src/storage/transcripts/schema.ts';
import type { TranscriptStore } from '#src/storage/transcripts/transcripts-path.ts';
import { everyByte, storeFolder } from './files.ts';
import * as rows from './stored-rows.ts';

const clock = { ...realClock, wallMs: () => rows.writtenAtWallMs };
const options = { clock, patienceMs: 0 };
const { guildId, day } = rows;

type Kind = {
  readonly name: string;
  readonly steps: readonly Migration[];
  readonly open: (path: string) => Promise<AsyncDisposable>;
};
const main: Kind = {
  name: 'the store',
  steps: migrations,
  open: (path) => openLocalStore(path, options),
};
const transcripts: Kind = {
  name: 'transcripts',
  steps: transcriptMigrations,
  open: (path) => openLocalTranscripts(path, options),
};
const kinds = [main, transcripts].map((kind) => [kind.name, kind] as const);
const olderFormats = [main, transcripts].flatMap((kind) =>
  Array.from(
    { length: rangeOf(kind.steps).oldest - 1 },
    (_, n) => [kind.name, n + 1, kind] as const,
  ),
);

function openWith(path: string, steps: readonly Migration[]): Promise<Database> {
  return openDatabase(path, options, { migrations: steps, checkedBytes: 0, cacheKib: 100 });
}

test('everything in a store is found by the process after the one that wrote it, once and again', async () => {
  using place = storeFolder();
  {
    await using store = await openLocalStore(place.path, options);
    await rows.writeMain(store);
  }
  for (const _time of ['once', 'again']) {
    await using store = await openLocalStore(place.path, options);
    await expectRows(store);
  }
});

test('so is everything in transcripts, and what is written then joins it', async () => {
  using place = storeFolder();
  {
    await using store = await openLocalTranscripts(place.path, options);
    await rows.writeTranscripts(store);
  }
  for (const _time of ['once', 'again']) {
    await using store = await openLocalTranscripts(place.path, options);
    await expectTranscripts(store);
  }
  await using store = await openLocalTranscripts(place.path, options);
  await expectWrites(store);
});

test.each(kinds)(
  'one migration creates the schema of %s, and a later one keeps what is there',
  async (_, kind) => {
    using place = storeFolder();
    await (await kind.open(place.path))[Symbol.asyncDispose]();
    expect(kind.steps.map(({ version }) => version)).toEqual([versionIn(place.path, 0)]);
    {
      using sqlite = new DatabaseSync(place.path);
      sqlite.exec('CREATE TABLE kept (id TEXT) STRICT; INSERT INTO kept VALUES (1)');
    }
    const version = rangeOf(kind.steps).known + 1;
    const next = { version, sql: "ALTER TABLE kept ADD COLUMN word TEXT NOT NULL DEFAULT 'new'" };
    for (const _time of ['once', 'again']) {
      using database = await openWith(place.path, [...kind.steps, next]);
      const kept = await database.readTogether((connection) =>
        connection.rows({ id: text, word: text }, sql`SELECT * FROM kept`),
      );
      expect(kept).toEqual([{ id: '1', word: 'new' }]);
    }
    expect(versionIn(place.path, 0)).toBe(version);
    await expect(kind.open(place.path)).rejects.toThrow('was written by a newer Parley');
  },
);

test.each(olderFormats)(
  '%s of format %d, from before the first release, is refused, and not a byte of it changes',
  async (_, version, kind) => {
    using place = storeFolder();
    using killed = storeFolder();
    for (const { path } of [place, killed]) mkdirSync(dirname(path));
    const sqlite = new DatabaseSync(place.path);
    sqlite.exec(`CREATE TABLE standings (guild_id TEXT); PRAGMA user_version = ${version}`);
    sqlite.exec("PRAGMA journal_mode = WAL; INSERT INTO standings VALUES ('10')");
    for (const ending of ['', '-wal'])
      writeFileSync(`${killed.path}${ending}`, readFileSync(`${place.path}${ending}`));
    sqlite.exec('PRAGMA journal_mode = DELETE'); // as a copy is
    sqlite.close();
    expect([existsSync(`${killed.path}-wal`), existsSync(`${place.path}-wal`)]).toEqual([
      true,
      false,
    ]);
    for (const { folder, path } of [place, killed]) {
      const before = everyByte(folder);
      const sentence = `^The store ${path} has format ${version}, from before the first release; [^.]*\\. Start commit ${lastDevelopmentCommit} to export the data, or [^.]*\\.$`;
      await expect(kind.open(path)).rejects.toMatchObject({
        code: 'store.unreadable',
        retryable: false,
        message: expect.stringMatching(sentence),
      });
      const after = everyByte(folder);
      for (const [file, bytes] of before) expect(after.get(file)?.equals(bytes), file).toBe(true);
    }
  },
);

async function expectRows(store: Store): Promise<void> {
  for (const [guild, personId, consent] of rows.consents)
    expect((await store.consents.read(guild)).get(personId)).toEqual(consent);
  for (const [guild, place] of rows.panels) expect(await store.panels.read(guild)).toEqual(place);
  for (const [guild, key, value] of rows.settings)
    expect((await store.settings.read(guild)).get(key)).toBe(value);
  expect(await store.tracks.read(guildId, rows.channelId)).toEqual(rows.tracks);
  expect(await store.tracks.read(guildId, rows.placeId)).toEqual(rows.mutedTracks);
  const spent = await store.spending.read(day);
  const expected = [...rows.spending, rows.spendingOnCaptions];
  expect(spent.toSorted(byAmount)).toEqual(expected.toSorted(byAmount));
  const noted = await store.guilds.noted(rows.botId);
  expect(noted.toSorted()).toEqual(rows.notedGuildIds.toSorted());
  expect([...(await store.leftOutPeople.readLeftOut(guildId))]).toEqual([rows.leftOut.personId]);
  expect(await store.seats.readIn(guildId)).toMatchObject(rows.seat);
  const { followingSeat } = rows;
  expect(await store.seats.readIn(followingSeat.guildId)).toMatchObject(followingSeat);
  expect(await store.personSettings.read(guildId, rows.dora)).toEqual(rows.personSettings);
  expect(await store.apiTokens.find(rows.apiTokenHash)).toEqual(rows.apiToken);
  const reminders = [{ ...rows.reminder, number: 1 }];
  expect(await store.reminders.list(guildId, rows.ana)).toEqual(reminders);
}

const byAmount = (one: { readonly nanoUsd: number }, other: { readonly nanoUsd: number }) =>
  one.nanoUsd - other.nanoUsd;

async function expectTranscripts(store: TranscriptStore): Promise<void> {
  const audience = [{ personId: rows.dora, openPlaceIds: [rows.placeId] }] as const;
  const lines = [...rows.lines, rows.longLine];
  for (const session of rows.sessions) {
    const own = lines.filter(({ sessionId }) => sessionId === session.id);
    expect(await store.reader.lines(session.id, audience)).toEqual(own);
  }
  const listed = await store.reader.sessions(guildId, audience, 10);
  expect(listed.map(({ lineCount, ...session }) => session)).toEqual(rows.sessions.toReversed());
  for (const words of ['harbour friday', 'пятница', '港', 'SCHLÜSSEL']) {
    const found = await store.reader.search({ guildId, words, limit: 5 }, audience);
    expect(found.length, words).toBeGreaterThan(0);
  }
  const memories = rows.memories.map((memory, n) => ({ ...memory, number: n + 1 }));
  expect(await store.memories.list(guildId)).toEqual(memories);
  const { presences } = await store.records.all(guildId, rows.ana);
  expect(presences).toEqual(rows.presences.filter(({ personId }) => personId === rows.ana));
}

/** Writing finds the tables, and forgetting finds the rows that a former process wrote. */
async function expectWrites({ writer, reader, eraser, messages }: TranscriptStore): Promise<void> {
  const [session] = rows.sessions;
  if (!session) throw new Error('no session');
  const line = { ...rows.longLine, sessionId: session.id, number: 41 };
  await writer.putLines([line]);
  const audience = [{ personId: rows.dora, openPlaceIds: [rows.placeId] }] as const;
  expect((await reader.lines(session.id, audience)).at(-1)).toEqual(line);
  await eraser.forget(guildId, rows.ana);
  const left = await reader.lines(session.id, audience);
  expect(left.some(({ speaker }) => speaker.name === 'Ana')).toBe(false);
  const outdated = await messages.outdated(100);
  expect(outdated.map(({ message }) => message.messageId)).toContain('3400000000000000001');
}
