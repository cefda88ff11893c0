import { expect, test } from 'vitest';
import type { Store } from '#src/storage/store.ts';
import type { mainStore } from '#src/storage/thread/operations.ts';
import type { transcriptStore } from '#src/storage/transcripts/open-transcripts.ts';
import type { TranscriptStore } from '#src/storage/transcripts/transcripts-path.ts';

/** A call of each operation of a kind of store. */
type Calls<Kind extends { readonly operations: object }, Opened> = {
  readonly [Name in keyof Kind['operations']]: (store: Opened) => Promise<unknown>;
};

/** Two stores, and all texts of SQL that their database got since they were opened. */
export type RecordedStores = AsyncDisposable & {
  readonly store: Store;
  readonly transcripts: TranscriptStore;
  readonly texts: ReadonlySet<string>;
};

/** Stands in every text and name, with what ends a text of SQL. */
const canary = `canary'"; DROP TABLE consents; -- $1 ? :a \\`;
/** Stands in every id and in every number. */
const digits = 7_777_777;
const idOf = (n: number) => `${digits}${`${n}`.padStart(12, '0')}`;
const [guildId, otherGuildId, personId, channelId] = [idOf(1), idOf(2), idOf(3), idOf(4)];
const [messageId, sessionId, botId] = [idOf(5), idOf(6), idOf(7)];
const shard = { id: 0, count: 1 };
const day = '7777-07-07';
const spent = { day, nanoUsd: digits, turns: digits };
const place = { channelId, messageId };
const open = {
  channelIds: [channelId],
  own: { personId, goneChannelIds: [idOf(7)] },
};
const session = { id: sessionId, guildId, channelId, channelName: canary, placeId: channelId };
const line = { sessionId, startMs: digits, endMs: digits, text: canary, language: canary };

/** In this order. What is erased is erased last. */
const calls: Calls<typeof mainStore, Store> = {
  'apiTokens.add': ({ apiTokens }) =>
    apiTokens.add({ name: canary, guildId, scopes: ['say'], createdAtWallMs: digits }, canary),
  'apiTokens.find': ({ apiTokens }) => apiTokens.find(canary),
  'apiTokens.list': ({ apiTokens }) => apiTokens.list(),
  'apiTokens.revoke': ({ apiTokens }) => apiTokens.revoke(canary, digits),
  'leftOutPeople.leaveOut': ({ leftOutPeople }) => leftOutPeople.leaveOut(guildId, personId, true),
  'leftOutPeople.readLeftOut': ({ leftOutPeople }) => leftOutPeople.readLeftOut(guildId),
  'consents.write': ({ consents }) => consents.write(guildId, personId, { kind: 'always' }),
  'consents.noes': ({ consents }) => consents.noes([guildId, canary]),
  'consents.forgetting': ({ consents }) => consents.forgetting(),
  'consents.dropDays': ({ consents }) => consents.dropDays(),
  'consents.read': ({ consents }) => consents.read(guildId),
  'guilds.note': ({ guilds }) => guilds.note(botId, [guildId, otherGuildId]),
  'guilds.noted': ({ guilds }) => guilds.noted(botId),
  'panels.write': ({ panels }) => panels.write(guildId, place),
  'panels.read': ({ panels }) => panels.read(guildId),
  'personSettings.write': ({ personSettings }) =>
    personSettings.write(guildId, personId, {
      language: canary,
      voice: canary,
      speed: digits,
      spokenName: canary,
    }),
  'personSettings.read': ({ personSettings }) => personSettings.read(guildId, personId),
  'reminders.add': ({ reminders }) =>
    reminders.add({
      id: canary,
      guildId,
      personId,
      channelId,
      channelName: canary,
      text: canary,
      setAtWallMs: digits,
      dueAtWallMs: digits,
    }),
  'reminders.list': ({ reminders }) => reminders.list(guildId, personId),
  'reminders.soonest': ({ reminders }) => reminders.soonest(shard, digits),
  'reminders.remove': ({ reminders }) => reminders.remove(canary),
  'reminders.withdraw': ({ reminders }) => reminders.withdraw(guildId, personId),
  'seats.write': ({ seats }) =>
    seats.write({
      guildId,
      channelId,
      channelName: canary,
      callerId: personId,
      followedId: personId,
      mode: 'talk',
      pipeline: canary,
      isPaused: false,
      sinceWallMs: digits,
      agreedIds: [personId],
    }),
  'seats.alive': ({ seats }) => seats.alive([guildId, otherGuildId]),
  'seats.read': ({ seats }) => seats.read(),
  'seats.readIn': ({ seats }) => seats.readIn(guildId),
  'seats.expire': ({ seats }) => seats.expire(digits),
  'seats.erase': ({ seats }) => seats.erase(guildId),
  'settings.write': ({ settings }) => settings.write(guildId, canary, canary),
  'settings.read': ({ settings }) => settings.read(guildId),
  'spending.add': ({ spending }) =>
    spending.add([
      { ...spent, guildId },
      { ...spent, guildId, personId },
    ]),
  'spending.read': ({ spending }) => spending.read(day),
  'tracks.write': ({ tracks }) =>
    tracks.write(guildId, channelId, [
      {
        name: canary,
        percent: digits,
        isPaused: false,
        isMuted: false,
        sounds: [
          {
            source: { kind: 'link', url: canary, type: canary },
            title: canary,
            owner: { id: personId, name: canary },
            positionMs: digits,
            loop: true,
          },
        ],
      },
    ]),
  'tracks.read': ({ tracks }) => tracks.read(guildId, channelId),
  'consents.count': ({ consents }) => consents.count(guildId, personId),
  'consents.rowsAbout': ({ consents }) => consents.rowsAbout(guildId, personId),
  'consents.erase': ({ consents }) => consents.erase(guildId, personId),
  'guilds.erase': ({ guilds }) => guilds.erase(guildId, day),
  probe: (store) => store.probe(),
};

const transcriptCalls: Calls<typeof transcriptStore, TranscriptStore> = {
  'writer.putSession': ({ writer }) => writer.putSession({ ...session, startedAtWallMs: digits }),
  'writer.putLines': ({ writer }) =>
    writer.putLines([
      { ...line, number: 1, speaker: { kind: 'person', personId, name: canary }, post: place },
      { ...line, number: 2, speaker: { kind: 'bot', name: canary, answeredIds: [personId] } },
      {
        ...line,
        number: 3,
        speaker: { kind: 'person', personId: botId, name: canary },
        words: [{ text: canary, startMs: digits, endMs: digits }],
        confidence: digits,
        post: { channelId, messageId: idOf(8) },
        morePosts: [{ channelId, messageId: idOf(9) }],
      },
    ]),
  'messages.put': ({ messages }) =>
    messages.put({ ...place, guildId, sessionId, postedAtWallMs: digits }),
  'messages.outdated': ({ messages }) => messages.outdated(digits, shard),
  'memories.add': ({ memories }) =>
    memories.add({
      guildId,
      text: canary,
      byId: personId,
      byName: canary,
      aboutId: botId,
      aboutName: canary,
      atWallMs: digits,
    }),
  'memories.list': ({ memories }) => memories.list(guildId),
  'reader.sessions': ({ reader }) => reader.sessions(guildId, open, digits),
  'reader.lines': ({ reader }) => reader.lines(sessionId, open, { fromMs: 1, toMs: 2 * digits }),
  'reader.search': ({ reader }) =>
    reader.search(
      { guildId, words: canary, limit: digits, sessionId, fromWallMs: 1, toWallMs: 4 * digits },
      open,
    ),
  'reader.latest': ({ reader }) => reader.latest(guildId, channelId),
  'reader.guilds': ({ reader }) => reader.guilds(),
  'reader.channels': ({ reader }) => reader.channels(guildId),
  'records.count': ({ records }) => records.count(guildId, personId),
  'records.all': ({ records }) => records.all(guildId, personId),
  'eraser.forgetLines': ({ eraser }) => eraser.forgetLines(sessionId, [3, 2]),
  'eraser.forgetMessages': ({ eraser }) => eraser.forgetMessages([messageId, idOf(9)]),
  'eraser.forget': async ({ eraser }) => {
    await eraser.forget(guildId, botId, sessionId);
    return await eraser.forget(guildId, botId);
  },
  'messages.settled': ({ messages }) => messages.settled(messageId, false),
  'memories.remove': ({ memories }) => memories.remove(guildId, digits),
  'writer.endOpenSessions': ({ writer }) => writer.endOpenSessions(),
  'eraser.expire': ({ eraser }) =>
    eraser.expire(digits, { standard: digits, byGuild: { [guildId]: digits } }),
  'eraser.forgetGuild': ({ eraser }) => eraser.forgetGuild(guildId),
  probe: (store) => store.probe(),
};

/** Nothing that people shape is part of a text of SQL: each operation binds it. */
export function boundValuesContract(name: string, open: () => Promise<RecordedStores>): void {
  test(`${name}: no text of SQL holds a text, a name, an id or a number that an operation was given`, async () => {
    await using opened = await open();
    const { store, texts, transcripts } = opened;
    const results: unknown[] = [];
    for (const call of Object.values(calls)) results.push(await call(store));
    for (const call of Object.values(transcriptCalls)) results.push(await call(transcripts));
    expect([...texts].filter((text) => /canary|7777777|7777-/i.test(text))).toEqual([]);
    expect(texts.size).toBeGreaterThan(results.length);
    expect(JSON.stringify(results).split('canary').length).toBeGreaterThan(20);
  });
}
