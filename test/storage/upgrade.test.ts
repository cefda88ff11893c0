import { cpSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { migrations, versionOf } from '#src/storage/schema.ts';
import { DatabaseSync } from '#src/storage/sqlite.ts';
import type { Store } from '#src/storage/store.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import { migrations as transcriptMigrations } from '#src/storage/transcripts/schema.ts';
import type { TranscriptStore } from '#src/storage/transcripts/transcript-store.ts';
import { storeFolder } from './files.ts';
import * as rows from './stored-rows.ts';

const fixtures = 'test/fixtures/stores';
const folders = readdirSync(fixtures).filter((name) => name.startsWith('parley-'));
const options = { clock: realClock };
const { guildId, day } = rows;

/** A copy of a store as a former program left it. */
function copyOf(folder: string) {
  const place = storeFolder();
  const dataDir = dirname(place.path);
  cpSync(join(fixtures, folder), dataDir, { recursive: true });
  const paths = { main: place.path, transcripts: join(dataDir, 'transcripts.db') };
  return { ...paths, [Symbol.dispose]: () => place[Symbol.dispose]() };
}

function versionIn(path: string): number {
  using sqlite = new DatabaseSync(path, { readOnly: true });
  return versionOf(sqlite);
}

const last = (steps: readonly { readonly version: number }[]) => steps.at(-1)?.version ?? 0;

test('there is a store of every format that released programs wrote', () => {
  const formats = folders.map((folder) => {
    using copy = copyOf(folder);
    expect(folder).toBe(`parley-${versionIn(copy.main)}`);
    return versionIn(copy.main);
  });
  const since = 4;
  expect(formats.sort((one, other) => one - other)).toEqual(
    migrations.map(({ version }) => version).filter((version) => version >= since),
  );
});

test.each(folders)('%s is opened with everything in it, once and again', async (folder) => {
  using copy = copyOf(folder);
  const format = versionIn(copy.main);
  for (const _time of ['once', 'again']) {
    await using store = await openLocalStore(copy.main, options);
    expect(versionIn(copy.main)).toBe(last(migrations));
    await expectRows(store, format);
    await expectRowsSince13(store, format);
  }
  if (!existsSync(copy.transcripts)) return;
  for (const _time of ['once', 'again']) {
    await using store = await openLocalTranscripts(copy.transcripts, options);
    expect(versionIn(copy.transcripts)).toBe(last(transcriptMigrations));
    await expectTranscripts(store, format);
  }
  await using store = await openLocalTranscripts(copy.transcripts, options);
  await expectWrites(store);
});

test('of an upgraded store not a byte about somebody is left who forgets themselves', async () => {
  using copy = copyOf('parley-4');
  await using store = await openLocalStore(copy.main, options);
  expect(await store.consents.count(guildId, rows.ana)).toBe(3);
  expect(await store.consents.erase(guildId, rows.ana)).toBe(3);
  expect(await store.consents.count(guildId, rows.ana)).toBe(0);
});

async function expectRows(store: Store, format: number): Promise<void> {
  for (const [guild, personId, consent] of rows.consents)
    expect((await store.consents.read(guild)).get(personId)).toEqual(consent);
  for (const [guild, place] of rows.panels) expect(await store.panels.read(guild)).toEqual(place);
  for (const [guild, key, value] of rows.settings)
    expect((await store.settings.read(guild)).get(key)).toBe(value);
  expect(await store.tracks.read(guildId, rows.channelId)).toEqual(rows.tracks);
  const spent = await store.spending.read(day);
  const expected = format < 8 ? rows.spending : [...rows.spending, rows.spendingOnCaptions];
  expect(spent.toSorted(byAmount)).toEqual(expected.toSorted(byAmount));
  const noted = format < 7 ? [] : rows.notedGuildIds;
  expect((await store.guilds.noted(rows.botId)).toSorted()).toEqual(noted.toSorted());
  const leftOut = format < 8 ? [] : [rows.leftOut.personId];
  expect([...(await store.captionChoices.readLeftOut(guildId))]).toEqual(leftOut);
  const seat = await store.seats.readIn(guildId);
  if (format < 9) expect(seat).toBeUndefined();
  else expect(seat).toMatchObject(rows.seat);
  const own = format < 11 ? {} : rows.personSettings;
  expect(await store.personSettings.read(guildId, rows.dora)).toEqual(own);
  const token = format < 10 ? undefined : rows.apiToken;
  expect(await store.apiTokens.find(rows.apiTokenHash)).toEqual(token);
  const reminders = format < 12 ? [] : [{ ...rows.reminder, number: 1 }];
  expect(await store.reminders.list(guildId, rows.ana)).toEqual(reminders);
}

async function expectRowsSince13({ seats, tracks }: Store, format: number): Promise<void> {
  const isThere = format >= 13;
  const muted = isThere ? rows.mutedTracks : [];
  expect(await tracks.read(guildId, rows.placeId)).toEqual(muted);
  const seat = await seats.readIn(rows.followingSeat.guildId);
  if (isThere) expect(seat).toMatchObject(rows.followingSeat);
  else expect(seat).toBeUndefined();
}

const byAmount = (one: { readonly nanoUsd: number }, other: { readonly nanoUsd: number }) =>
  one.nanoUsd - other.nanoUsd;

async function expectTranscripts(store: TranscriptStore, format: number): Promise<void> {
  const audience = [{ personId: rows.dora, openPlaceIds: [rows.placeId] }] as const;
  const lines = format < 8 ? rows.lines : [...rows.lines, rows.longLine];
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

/** What the present program writes finds its tables, and forgetting finds what the former one wrote. */
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
