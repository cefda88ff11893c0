import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import type { TranscriptLine } from '#src/captions/transcript-line.ts';
import { copiedTranscripts } from '#src/storage/copy/copied-transcripts.ts';
import { copyPart } from '#src/storage/copy/copy-store.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import { DatabaseSync } from '#src/storage/sqlite.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import type { TranscriptStore } from '#src/storage/transcripts/transcript-store.ts';
import {
  answerTo,
  anybody,
  by,
  inMessage,
  lineOf,
  presenceOf,
  sessionOf,
  startedAtWallMs,
} from '#test/contracts/stores/transcript-samples.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { type StoreFolder, storeFolder } from '#test/storage/files.ts';
import { openTranscriptsIn } from './open-transcripts.ts';

const words = [{ text: "Zoë's \0", startMs: 1, endMs: 2.5, confidence: 0.5 }];
const said: readonly TranscriptLine[] = [
  { ...lineOf('b', 1, "Zoë's \0 café", inMessage('300', '301')), words, language: 'fr' },
  { ...lineOf('b', 2, '来週の金曜日に東京で', answerTo('1', '2')), isCut: true, confidence: 0.25 },
  { ...lineOf('b', 3, 'brief café', by('2')), isBrief: true },
];

/** Writes something of every kind, with a server and a session in between that are gone. */
async function fill(store: TranscriptStore): Promise<void> {
  for (const guildId of ['5', '10']) await store.writer.putSession(sessionOf(guildId, { guildId }));
  await store.eraser.forgetGuild('5');
  await store.writer.putSession(sessionOf('b', { endedAtWallMs: startedAtWallMs + 9_000.5 }));
  await store.writer.putLines(said);
  await store.writer.putPresences([presenceOf('b', '1', 0, 900), presenceOf('b', '2', 5, 800)]);
  const memory = { guildId: '10', text: 'likes tea', byId: '1', byName: 'Ana', atWallMs: 5 };
  await store.memories.add({ ...memory, aboutId: '2', aboutName: 'Ben' });
  const message = { messageId: '300', guildId: '10', sessionId: 'b', postedAtWallMs: 1.5 };
  await store.messages.put({ ...message, channelId: '200' });
  await store.eraser.forgetLines('b', [3]);
  await store.writer.putLines(said.slice(2));
}

/** Everything that the ports tell of it. */
async function read({ messages, reader, records }: TranscriptStore) {
  const found = (typed: string) =>
    reader.search({ guildId: '10', words: typed, limit: 9 }, anybody);
  return {
    sessions: await reader.sessions('10', anybody, 9),
    lines: await reader.lines('b', anybody),
    latest: await reader.latest('10', '100'),
    found: [await found('CAFE'), await found('金曜日'), await found('nothing')],
    ofAna: await records.all('10', '1'),
    outdated: await messages.outdated(9),
  };
}

function rowsOf(place: StoreFolder) {
  using sqlite = new DatabaseSync(pathIn(place));
  const names = sqlite.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const copied = names.filter(({ name }) => !/^(unscrubbed|line_words)/.test(String(name)));
  const rows = copied.map(({ name }) => [name, sqlite.prepare(`SELECT * FROM ${name}`).all()]);
  return JSON.stringify(rows);
}

function pathIn({ path }: StoreFolder): string {
  return join(dirname(path), 'transcripts.db');
}

async function copy(place: StoreFolder, pool: PostgresPool, to: 'postgres' | 'sqlite') {
  const dataDir = dirname(place.path);
  const options = { pool, to, dataDir, replaces: false, clock: realClock };
  return await copyPart({ ...options, part: copiedTranscripts });
}

withPostgres(() => {
  test('transcripts move to PostgreSQL and back into another file, and are found there', async () => {
    using place = storeFolder();
    using other = storeFolder();
    await using schema = await openSchema();
    await using local = await openLocalTranscripts(pathIn(place), { clock: realClock });
    await fill(local);
    await using store = await openTranscriptsIn(schema);
    const counts = await copy(place, store.pool, 'postgres');
    expect(counts).toContainEqual({ table: 'lines', rows: 3 });
    expect(await read(store)).toEqual(await read(local));
    await copy(other, store.pool, 'sqlite');
    expect(rowsOf(other)).toBe(rowsOf(place));
    await using back = await openLocalTranscripts(pathIn(other), { clock: realClock });
    expect(await read(back)).toEqual(await read(local));
    for (const [id, guildId] of [
      ['c', '10'],
      ['d', '20'],
    ] as const)
      await store.writer.putSession(sessionOf(id, { guildId }));
    await store.writer.putLines([lineOf('c', 1, 'café'), lineOf('d', 1, 'elsewhere')]);
    expect((await store.reader.sessions('10', anybody, 9)).map(({ id }) => id)).toEqual(['c', 'b']);
  });
});
