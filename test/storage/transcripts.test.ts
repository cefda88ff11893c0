import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { toChannelId, toGuildId, toMessageId, toPersonId } from '#src/base/ids.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { backUpStore } from '#src/storage/backups/backup.ts';
import { toBackupsFolder } from '#src/storage/backups/copy-names.ts';
import { describeLostRows } from '#src/storage/data-dir/store-files.ts';
import { openDatabase } from '#src/storage/database.ts';
import { SqliteDriver, SqliteWorker } from '#src/storage/sqlite/sqlite-driver.ts';
import { transcripts } from '#src/storage/store-kinds.ts';
import type { ReadableChannels } from '#src/stores/transcripts/transcript-line.ts';
import {
  makeLine,
  makeSession,
  openSessions,
  startedAtWallMs,
  toAnswer,
  toMessagePlace,
  toSpeaker,
} from '#test/contracts/stores/transcript-samples.ts';
import {
  admitPartErasure,
  admitPersonErasure,
  admitServerErasure,
} from '#test/fakes/admitted-erasures.ts';
import {
  type LocalTranscriptStore,
  openLocalTranscripts,
  toTranscriptStore,
  toTranscriptsPath,
} from '#test/fakes/local-stores.ts';
import { runProgram } from '#test/fakes/run-program.ts';
import { options } from './copied-stores.ts';
import { makeStoreFolder, readEveryByte, runSql } from './store-folder.ts';

const person = toPersonId('781204563312098765');
const canaries = [person, 'xylokarp', 'quendorf', 'Zyprianne', 'vombatus'];
const ids = ['a', 'b', 'c'];

/** 600 lines of twenty people in three sessions, every tenth with a canary of one person. */
async function fillStore(store: LocalTranscriptStore) {
  for (const id of ids) await store.writer.putSession(makeSession(id));
  for (let n = 1; n <= 200; n++)
    for (const id of ids) await store.writer.putLines([lineWithCanary(id, n)]);
  const about = { aboutId: person, aboutName: 'Zyprianne' };
  const memory = {
    guildId: toGuildId('10'),
    text: 'a vombatus',
    byId: toPersonId('1'),
    byName: 'Ana',
  };
  await store.memories.add({ ...memory, ...about, atWallMs: 1 });
  const channel = { guildId: toGuildId('10'), channelId: toChannelId('200') };
  const message = { ...channel, sessionId: 'a', postedAtWallMs: 1 };
  for (let n = 1; n <= 20; n++)
    await store.messages.putMessage({ ...message, messageId: toMessageId(`30${n}`) });
}

function lineWithCanary(sessionId: string, n: number) {
  const [text, speaker] =
    n % 10 === 0
      ? [`so xylokarp ${n}`, toSpeaker(person, 'Zyprianne')]
      : n % 10 === 1
        ? ['as quendorf said', toAnswer('1', person)]
        : [`some words number ${n} of this talk`, toSpeaker(toPersonId(`${n % 10}`))];
  const post = toMessagePlace(toMessageId(`30${Math.ceil(n / 10)}`));
  return makeLine(sessionId, n, text, { ...speaker, ...post });
}

function canariesIn(folder: string) {
  return [...readEveryByte(folder).values()].flatMap((bytes) =>
    canaries.filter((canary) => bytes.includes(canary)),
  );
}

test('a file of any size keeps no word and no id of a forgotten person, not between its rows and not as a bound of its index', async () => {
  using tempFolder = makeStoreFolder();
  await using store = await openLocalTranscripts(tempFolder.path, options);
  for (const id of ids) await store.writer.putSession(makeSession(id));
  for (let n = 14_000; n < 20_000; n++) {
    const text = `${'so '.repeat(n % 300)}xylo${n}`;
    const speaker = toSpeaker(n % 10 === 3 ? person : toPersonId('1'));
    await store.writer.putLines([makeLine(ids[n % 3] ?? '', n, text, speaker)]);
  }
  expect(
    await store.eraser.erasePerson(admitPersonErasure(toGuildId('10'), person)),
  ).toBe(600);
  const files = [...readEveryByte(tempFolder.folder).values()].map((bytes) =>
    bytes.toString('latin1'),
  );
  const words = new Set(files.flatMap((bytes) => bytes.match(/xylo\d{5}/g) ?? []));
  expect(words.size).toBe(5_400);
  expect(files.some((bytes) => bytes.includes(person))).toBe(false);
});

test('nothing of lines that expired, or of a removed server, stays in the files', async () => {
  using tempFolder = makeStoreFolder();
  await using store = await openLocalTranscripts(tempFolder.path, options);
  await fillStore(store);
  await store.eraser.eraseGuild(admitServerErasure(toGuildId('10')));
  expect(canariesIn(tempFolder.folder)).toEqual([]);
  await fillStore(store);
  const ended = { endedAtWallMs: startedAtWallMs + 300_000 };
  for (const id of ids) await store.writer.putSession(makeSession(id, ended));
  await store.eraser.eraseExpired(
    admitPartErasure(),
    startedAtWallMs + 86_400_000,
    new Map([[toGuildId('10'), 0]]),
  );
  expect(canariesIn(tempFolder.folder)).toEqual([person, 'Zyprianne', 'vombatus']); // its memory
});

/** Gives tables the form in which each session told whether only people who sat there might read it, as the first did. */
const formerTables = `
  ALTER TABLE sessions ADD COLUMN catch_up INTEGER NOT NULL DEFAULT 1;
  UPDATE sessions SET catch_up = 0 WHERE id = 'a';
  CREATE TABLE presences (session INTEGER NOT NULL, person_id TEXT NOT NULL) STRICT;
  CREATE TABLE transcript_writers (id TEXT NOT NULL) STRICT;
  ALTER TABLE sessions ADD COLUMN written_by TEXT;
  ALTER TABLE caption_messages ADD COLUMN written_by TEXT;
  INSERT INTO presences VALUES (1, '${person}');
  CREATE TABLE answered (line INTEGER NOT NULL, person_id TEXT NOT NULL) STRICT;
  ALTER TABLE lines ADD COLUMN words TEXT;
  ALTER TABLE lines ADD COLUMN confidence REAL;
  INSERT INTO answered VALUES (1, '${person}');
  UPDATE lines SET words = '${person}';
  DROP TRIGGER line_words_put;
  DROP TRIGGER line_words_changed;
  DROP TRIGGER line_words_erased;`;

test('the upgrade of a file deletes what only people who sat there might read, and says how many lines', async () => {
  using tempFolder = makeStoreFolder();
  const path = toTranscriptsPath(tempFolder.folder);
  const store = await openLocalTranscripts(path, options);
  await fillStore(store);
  await store[Symbol.asyncDispose]();
  runSql(
    path,
    `PRAGMA secure_delete = ON; ${formerTables} DROP TABLE line_words;
    CREATE TABLE unscrubbed (place INTEGER PRIMARY KEY) STRICT;
    CREATE VIRTUAL TABLE line_words USING fts5 (
      words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
    PRAGMA user_version = 3`,
  );
  const lost = expect.stringMatching(
    /^The upgrade deletes 200 captions that were stored/,
  );
  expect(describeLostRows(tempFolder.folder)).toEqual([lost]);
  await using again = await openLocalTranscripts(path, options);
  expect(describeLostRows(tempFolder.folder)).toEqual([]);
  expect(await again.reader.listLines('a', openSessions)).toEqual([]);
  expect(await again.reader.listLines('b', openSessions)).toHaveLength(200);
  expect(await again.messages.listOutdated(99)).toHaveLength(20);
  const search = { guildId: toGuildId('10'), words: 'xylokarp', limit: 9 };
  const foundLines = await again.reader.search(search, openSessions);
  expect(foundLines.map(({ session }) => session.id)).toEqual(
    expect.not.arrayContaining(['a']),
  );
  expect(foundLines).not.toEqual([]);
  await again.eraser.erasePerson(admitPersonErasure(toGuildId('10'), person));
  expect(canariesIn(tempFolder.folder)).toEqual([]);
});

/** 9,000 lines in three sessions, all with "the", all but the last ten with "and", one with "xylokarp". */
async function manyLines() {
  const store = await openLocalTranscripts(':memory:', options);
  for (const id of ['a', 'b', 'c']) {
    await store.writer.putSession(
      makeSession(id, {
        channelId: id === 'c' ? toChannelId('101') : toChannelId('100'),
      }),
    );
    const texts = Array.from({ length: 3_000 }, (_, n): string =>
      id === 'c' && n > 2_989 ? 'the' : 'the and',
    );
    if (id === 'a') texts[7] = 'the and xylokarp';
    await store.writer.putLines(texts.map((text, n) => makeLine(id, n + 1, text)));
  }
  return store;
}

test('frequent words alone find the newest lines with all of them, then with the rarest, as far as their channels are open', async () => {
  await using store = await manyLines();
  const findLines = async (text: string, channels: ReadableChannels, limit = 4) => {
    const lines = await store.reader.search(
      { guildId: toGuildId('10'), words: text, limit },
      channels,
    );
    return lines.map(({ line }) => `${line.sessionId}${line.number}`);
  };
  const lounge = { channelIds: [toChannelId('100')] };
  const den = { channelIds: [toChannelId('101')] };
  expect(await findLines('and the', den)).toEqual(['c2990', 'c2989', 'c2988', 'c2987']);
  expect(await findLines('the', den, 2)).toEqual(['c3000', 'c2999']);
  expect(await findLines('the and', lounge, 2)).toEqual(['b3000', 'b2999']);
  expect(await findLines('what is the xylokarp and why', lounge)).toEqual(['a8']);
  expect(await findLines('the xylokarp', den, 1)).toEqual(['c3000']); // that line is not theirs to know of
});

test('transcripts of servers that keep none are never in a file', async () => {
  await using worker = new SqliteWorker();
  const driver = new SqliteDriver(
    ':memory:',
    transcripts.sqlite,
    worker.openFile(':memory:'),
  );
  const store = toTranscriptStore(openDatabase({ driver, clock: realClock }));
  expect(await store.reader.listChannels(toGuildId('10'))).toEqual([]);
  await store.writer.putSession(makeSession('a'));
  await store.writer.putLines([makeLine('a', 1, 'passing')]);
  expect(await store.reader.listLines('a', openSessions)).toEqual([
    makeLine('a', 1, 'passing'),
  ]);
  await store[Symbol.asyncDispose]();
  await expect(store.reader.listChannels(toGuildId('10'))).rejects.toMatchObject({
    code: 'store.unreadable',
  });
});

test('npm run backup copies transcripts only when it is told to, and says when there are none', async () => {
  using tempFolder = makeStoreFolder();
  new DatabaseSync(join(tempFolder.folder, 'parley.db')).close();
  const runBackup = (...args: string[]) =>
    runProgram('backup', { DATA_DIR: tempFolder.folder }, ...args);
  const folder = toBackupsFolder(tempFolder.folder);
  const old = backUpStore(join(tempFolder.folder, 'parley.db'), folder, 0);
  const none = expect.stringContaining('There are no transcripts');
  expect(runBackup('--transcripts')).toMatchObject({ status: 0, stderr: none });
  expect(existsSync(old)).toBe(false);
  await using store = await openLocalTranscripts(
    toTranscriptsPath(tempFolder.folder),
    options,
  );
  await store.writer.putSession(makeSession('a'));
  expect(runBackup()).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.not.stringContaining('transcripts'),
  });
  const { status, stdout, stderr } = runBackup('--transcripts');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/parley-[\dTZ-]+\.sqlite\n.*transcripts-[\dTZ-]+\.sqlite\n$/);
  expect(runBackup('--all')).toMatchObject({
    status: 78,
    stderr: expect.stringContaining('--all'),
  });
});
