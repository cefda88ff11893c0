import { expect, test } from 'vitest';
import { toChannelId, toGuildId, toMessageId, toPersonId } from '#src/base/ids.ts';
import type { KeptDays } from '#src/stores/transcripts/transcript-line.ts';
import {
  admitPartErasure,
  admitPersonErasure,
  admitServerErasure,
} from '#test/fakes/admitted-erasures.ts';
import type { LocalTranscriptStore } from '#test/fakes/local-stores.ts';
import {
  makeLine,
  makeSession,
  type OpenTranscriptStore,
  openSessions,
  startedAtWallMs,
  toAnswer,
  toMessagePlace,
  toSpeaker,
} from './transcript-samples.ts';

const hourMs = 3_600_000;
const toDaysMs: KeptDays = new Map([
  [toGuildId('10'), 7],
  [toGuildId('20'), 1],
]);
/** The message that shows all of session `a`. */
const message = {
  channelId: toChannelId('200'),
  messageId: toMessageId('300'),
  guildId: toGuildId('10'),
  sessionId: 'a',
  postedAtWallMs: 1,
};

/** Contract of every store of transcripts: erased lines, and notes about messages meanwhile. */
export function testTranscriptErasing(name: string, open: OpenTranscriptStore) {
  testForgottenPeople(name, open);
  testForgottenPlaces(name, open);
  testExpiry(name, open);
  testNotedMessages(name, open);
}

/** Ana, Ben and an answer to both in sessions `a` and `b`, of which message 300 shows all of `a`. */
async function openTalk(open: OpenTranscriptStore) {
  const store = await open();
  for (const id of ['a', 'b']) {
    await store.writer.putSession(makeSession(id));
    await store.writer.putLines([
      makeLine(
        id,
        1,
        'tea please',
        toMessagePlace(id === 'a' ? toMessageId('300') : toMessageId('301')),
      ),
      makeLine(id, 2, 'coffee', {
        ...toSpeaker(toPersonId('2')),
        ...toMessagePlace(id === 'a' ? toMessageId('300') : toMessageId('301')),
      }),
      makeLine(id, 3, 'Both come', {
        ...toAnswer('2', '1'),
        ...toMessagePlace(id === 'a' ? toMessageId('300') : toMessageId('302')),
      }),
    ]);
  }
  const memory = {
    guildId: toGuildId('10'),
    text: 'likes tea',
    byId: toPersonId('1'),
    byName: 'Ana',
    atWallMs: 1,
  };
  await store.memories.add(memory);
  await store.memories.add({
    ...memory,
    byId: toPersonId('2'),
    aboutId: toPersonId('1'),
  });
  await store.memories.add({ ...memory, byId: toPersonId('2') });
  return store;
}

async function readTexts(store: LocalTranscriptStore, sessionId: string) {
  return (await store.reader.listLines(sessionId, openSessions)).map(
    ({ text }) => text,
  );
}

function testForgottenPeople(name: string, open: OpenTranscriptStore) {
  test(`${name}: all about a person is counted, exported and forgotten, answers to them too`, async () => {
    await using store = await openTalk(open);
    expect(await store.records.countRecords(toGuildId('10'), toPersonId('1'))).toEqual({
      lines: 4,
      memories: 2,
      notes: 0,
    });
    const all = await store.records.listRecords(toGuildId('10'), toPersonId('1'));
    expect(all.lines.map(({ sessionId, number }) => [sessionId, number])).toEqual([
      ['a', 1],
      ['a', 3],
      ['b', 1],
      ['b', 3],
    ]);
    expect(all.memories.map(({ number }) => number)).toEqual([1, 2]);
    expect(all.sessions).toEqual([makeSession('a'), makeSession('b')]);
    expect(
      await store.eraser.erasePerson(
        admitPersonErasure(toGuildId('10'), toPersonId('1')),
      ),
    ).toBe(4);
    const outdated = (await store.messages.listOutdated(9)).map(
      ({ message }) => message.messageId,
    );
    expect(new Set(outdated)).toEqual(new Set(['300', '301', '302']));
    expect(await readTexts(store, 'a')).toEqual(['coffee']);
    expect(
      (await store.memories.list(toGuildId('10'))).map(({ number }) => number),
    ).toEqual([3]);
    expect(await store.records.listRecords(toGuildId('10'), toPersonId('1'))).toEqual({
      sessions: [],
      lines: [],
      memories: [],
      notes: [],
    });
    const search = { guildId: toGuildId('10'), words: 'tea both', limit: 9 };
    expect(await store.reader.search(search, openSessions)).toEqual([]);
  });
}

function testForgottenPlaces(name: string, open: OpenTranscriptStore) {
  test(`${name}: a deleted message takes its lines along`, async () => {
    await using store = await openTalk(open);
    await store.messages.putMessage(message);
    expect(
      await store.eraser.eraseMessages(admitPartErasure(), [
        toMessageId('300'),
        toMessageId('999'),
      ]),
    ).toBe(3);
    expect(await readTexts(store, 'a')).toEqual([]);
    expect(await readTexts(store, 'b')).toHaveLength(3);
    expect(await store.messages.listOutdated(9)).toEqual([]);
  });

  test(`${name}: nothing is left of a server that the bot was removed from`, async () => {
    await using store = await openTalk(open);
    await store.writer.putSession(makeSession('c', { guildId: toGuildId('20') }));
    await store.writer.putLines([makeLine('c', 1, 'elsewhere')]);
    expect(await store.eraser.eraseGuild(admitServerErasure(toGuildId('10')))).toBe(6);
    expect(await store.reader.listSessions(toGuildId('10'), openSessions)).toEqual([]);
    expect(await store.reader.listChannels(toGuildId('10'))).toEqual([]);
    expect(await store.memories.list(toGuildId('10'))).toEqual([]);
    expect(await store.messages.listOutdated(9)).toEqual([]);
    expect(await readTexts(store, 'c')).toEqual(['elsewhere']);
  });
}

function testExpiry(name: string, open: OpenTranscriptStore) {
  test(`${name}: lines go after the days of their server, brief ones after one`, async () => {
    await using store = await open();
    await store.writer.putSession(
      makeSession('a', { endedAtWallMs: startedAtWallMs + 9 }),
    );
    await store.writer.putSession(makeSession('b', { guildId: toGuildId('20') }));
    await store.writer.putLines([
      makeLine('a', 1, 'kept'),
      makeLine('a', 2, 'brief', { isBrief: true }),
      makeLine('b', 1, 'a day'),
      makeLine('b', 7_200, 'two hours later'),
    ]);
    const eraseAtHour = (hours: number) =>
      store.eraser.eraseExpired(
        admitPartErasure(),
        startedAtWallMs + hours * hourMs + 3_000,
        toDaysMs,
      );
    expect([await eraseAtHour(23), await eraseAtHour(24)]).toEqual([0, 2]);
    expect([await readTexts(store, 'a'), await readTexts(store, 'b')]).toEqual([
      ['kept'],
      ['two hours later'],
    ]);
    expect([await eraseAtHour(26), await eraseAtHour(24 * 7)]).toEqual([1, 1]);
    expect(
      await store.reader.findLatest(toGuildId('10'), toChannelId('100')),
    ).toBeUndefined();
  });

  test(`${name}: where nothing is kept, lines go 15 minutes after their session`, async () => {
    await using store = await open();
    const nothing: KeptDays = new Map([[toGuildId('10'), 0]]);
    await store.writer.putSession(makeSession('a'));
    await store.writer.putLines([
      makeLine('a', 1, 'first'),
      makeLine('a', 600, 'last'),
    ]);
    const eraseAtMinute = (minutes: number) =>
      store.eraser.eraseExpired(
        admitPartErasure(),
        startedAtWallMs + minutes * 60_000,
        nothing,
      );
    expect(await eraseAtMinute(20)).toBe(0);
    const ended = makeSession('a', { endedAtWallMs: startedAtWallMs + 10 * 60_000 });
    await store.writer.putSession(ended);
    expect([await eraseAtMinute(24), await eraseAtMinute(25)]).toEqual([0, 2]);
    expect(
      await store.reader.findLatest(toGuildId('10'), toChannelId('100')),
    ).toBeUndefined();
  });
}

function testNotedMessages(name: string, open: OpenTranscriptStore) {
  test(`${name}: a message that showed forgotten lines is outdated until it shows the others, in order`, async () => {
    await using store = await openTalk(open);
    await store.messages.putMessage(message);
    expect(await store.messages.listOutdated(9)).toEqual([]);
    await store.eraser.erasePerson(
      admitPersonErasure(toGuildId('10'), toPersonId('1')),
    );
    const [first, second, third] = await store.messages.listOutdated(9);
    expect(first?.message).toEqual(message);
    expect(first?.lines.map(({ text }) => text)).toEqual(['coffee']);
    expect(second?.message).toMatchObject({
      messageId: '301',
      guildId: '10',
      sessionId: 'b',
    });
    expect(third).toMatchObject({ message: { messageId: '302' }, lines: [] });
    await store.messages.putMessage(message);
    expect(await store.messages.listOutdated(1)).toHaveLength(1);
    await store.messages.markSettled(toMessageId('300'), first?.outdated);
    await store.messages.markSettled(toMessageId('302'));
    expect(
      (await store.messages.listOutdated(9)).map(
        (outdatedMessage) => outdatedMessage.message.messageId,
      ),
    ).toEqual(['301']);
  });

  test(`${name}: a message that no line names, as one of translations, goes with any line of its session`, async () => {
    await using store = await openTalk(open);
    const message = {
      channelId: toChannelId('200'),
      guildId: toGuildId('10'),
      postedAtWallMs: 1,
    };
    await store.messages.putMessage({
      ...message,
      messageId: toMessageId('400'),
      sessionId: 'a',
    });
    await store.messages.putMessage({
      ...message,
      messageId: toMessageId('401'),
      sessionId: 'b',
    });
    await store.eraser.erasePerson(
      admitPersonErasure(toGuildId('10'), toPersonId('1'), 'withdrawn'),
      'a',
    );
    const outdated = await store.messages.listOutdated(9);
    const shown = outdated.map((outdatedMessage) => [
      outdatedMessage.message.messageId,
      outdatedMessage.lines.length,
    ]);
    expect(shown.toSorted()).toEqual([
      ['300', 1],
      ['400', 0],
    ]);
  });
}
