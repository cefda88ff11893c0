import { expect, test } from 'vitest';
import type { KeptDays } from '#src/features/captions/transcript-line.ts';
import type { TranscriptStore } from '#test/fakes/local-stores.ts';
import {
  allOpen,
  answerTo,
  by,
  inMessage,
  lineOf,
  type OpenTranscriptStore,
  sessionOf,
  startedAtWallMs,
} from './transcript-samples.ts';

const hourMs = 3_600_000;
const days: KeptDays = { '10': 7, '20': 1 };
/** The message that shows all of session `a`. */
const message = {
  channelId: '200',
  messageId: '300',
  guildId: '10',
  sessionId: 'a',
  postedAtWallMs: 1,
};

/** Contract of every store of transcripts: erased lines, and notes about messages meanwhile. */
export function transcriptErasingContract(name: string, open: OpenTranscriptStore): void {
  forgetsPeople(name, open);
  forgetsPlaces(name, open);
  expires(name, open);
  notesMessages(name, open);
}

/** Ana, Ben and an answer to both in sessions `a` and `b`, of which message 300 shows all of `a`. */
async function talked(open: OpenTranscriptStore) {
  const store = await open();
  for (const id of ['a', 'b']) {
    await store.writer.putSession(sessionOf(id));
    await store.writer.putLines([
      lineOf(id, 1, 'tea please', inMessage(id === 'a' ? '300' : '301')),
      lineOf(id, 2, 'coffee', { ...by('2'), ...inMessage(id === 'a' ? '300' : '301') }),
      lineOf(id, 3, 'Both come', {
        ...answerTo('2', '1'),
        ...inMessage(id === 'a' ? '300' : '302'),
      }),
    ]);
  }
  const memory = { guildId: '10', text: 'likes tea', byId: '1', byName: 'Ana', atWallMs: 1 };
  await store.memories.add(memory);
  await store.memories.add({ ...memory, byId: '2', aboutId: '1' });
  await store.memories.add({ ...memory, byId: '2' });
  return store;
}

async function texts(store: TranscriptStore, sessionId: string): Promise<readonly string[]> {
  return (await store.reader.lines(sessionId, allOpen)).map(({ text }) => text);
}

function forgetsPeople(name: string, open: OpenTranscriptStore) {
  test(`${name}: all about a person is counted, exported and forgotten, answers to them too`, async () => {
    await using store = await talked(open);
    expect(await store.records.count('10', '1')).toEqual({ lines: 4, memories: 2 });
    const all = await store.records.all('10', '1');
    expect(all.lines.map(({ sessionId, number }) => [sessionId, number])).toEqual([
      ['a', 1],
      ['a', 3],
      ['b', 1],
      ['b', 3],
    ]);
    expect(all.memories.map(({ number }) => number)).toEqual([1, 2]);
    expect(all.sessions).toEqual([sessionOf('a'), sessionOf('b')]);
    expect(await store.eraser.forget('10', '1')).toBe(4);
    const outdated = (await store.messages.outdated(9)).map(({ message }) => message.messageId);
    expect(new Set(outdated)).toEqual(new Set(['300', '301', '302']));
    expect(await texts(store, 'a')).toEqual(['coffee']);
    expect((await store.memories.list('10')).map(({ number }) => number)).toEqual([3]);
    expect(await store.records.all('10', '1')).toEqual({
      sessions: [],
      lines: [],
      memories: [],
    });
    const search = { guildId: '10', words: 'tea both', limit: 9 };
    expect(await store.reader.search(search, allOpen)).toEqual([]);
  });
}

function forgetsPlaces(name: string, open: OpenTranscriptStore) {
  test(`${name}: a deleted message takes its lines along`, async () => {
    await using store = await talked(open);
    await store.messages.put(message);
    expect(await store.eraser.forgetMessages(['300', '999'])).toBe(3);
    expect(await texts(store, 'a')).toEqual([]);
    expect(await texts(store, 'b')).toHaveLength(3);
    expect(await store.messages.outdated(9)).toEqual([]);
  });

  test(`${name}: nothing is left of a server that the bot was removed from`, async () => {
    await using store = await talked(open);
    await store.writer.putSession(sessionOf('c', { guildId: '20' }));
    await store.writer.putLines([lineOf('c', 1, 'elsewhere')]);
    expect(await store.eraser.forgetGuild('10')).toBe(6);
    expect(await store.reader.sessions('10', allOpen)).toEqual([]);
    expect(await store.reader.channels('10')).toEqual([]);
    expect(await store.memories.list('10')).toEqual([]);
    expect(await store.messages.outdated(9)).toEqual([]);
    expect(await texts(store, 'c')).toEqual(['elsewhere']);
  });
}

function expires(name: string, open: OpenTranscriptStore) {
  test(`${name}: lines go after the days of their server, brief ones after one`, async () => {
    await using store = await open();
    await store.writer.putSession(sessionOf('a', { endedAtWallMs: startedAtWallMs + 9 }));
    await store.writer.putSession(sessionOf('b', { guildId: '20' }));
    await store.writer.putLines([
      lineOf('a', 1, 'kept'),
      lineOf('a', 2, 'brief', { isBrief: true }),
      lineOf('b', 1, 'a day'),
      lineOf('b', 7_200, 'two hours later'),
    ]);
    const at = (hours: number) =>
      store.eraser.expire(startedAtWallMs + hours * hourMs + 3_000, days);
    expect(await at(23)).toBe(0);
    expect(await at(24)).toBe(2);
    expect([await texts(store, 'a'), await texts(store, 'b')]).toEqual([
      ['kept'],
      ['two hours later'],
    ]);
    expect(await at(26)).toBe(1);
    expect(await at(24 * 7)).toBe(1);
    expect(await store.reader.latest('10', '100')).toBeUndefined();
  });

  test(`${name}: where nothing is kept, lines go 15 minutes after their session`, async () => {
    await using store = await open();
    const nothing: KeptDays = { '10': 0 };
    await store.writer.putSession(sessionOf('a'));
    await store.writer.putLines([lineOf('a', 1, 'first'), lineOf('a', 600, 'last')]);
    const at = (minutes: number) =>
      store.eraser.expire(startedAtWallMs + minutes * 60_000, nothing);
    expect(await at(20)).toBe(0);
    const ended = sessionOf('a', { endedAtWallMs: startedAtWallMs + 10 * 60_000 });
    await store.writer.putSession(ended);
    expect(await at(24)).toBe(0);
    expect(await at(25)).toBe(2);
    expect(await store.reader.latest('10', '100')).toBeUndefined();
  });
}

function notesMessages(name: string, open: OpenTranscriptStore) {
  test(`${name}: a message that showed forgotten lines is outdated until it shows the others, in order`, async () => {
    await using store = await talked(open);
    await store.messages.put(message);
    expect(await store.messages.outdated(9)).toEqual([]);
    await store.eraser.forget('10', '1');
    const [first, second, third] = await store.messages.outdated(9);
    expect(first?.message).toEqual(message);
    expect(first?.lines.map(({ text }) => text)).toEqual(['coffee']);
    expect(second?.message).toMatchObject({ messageId: '301', guildId: '10', sessionId: 'b' });
    expect(third).toMatchObject({ message: { messageId: '302' }, lines: [] });
    await store.messages.put(message);
    expect(await store.messages.outdated(1)).toHaveLength(1);
    await store.messages.settled('300', first?.outdated);
    await store.messages.settled('302');
    expect((await store.messages.outdated(9)).map((one) => one.message.messageId)).toEqual(['301']);
  });

  test(`${name}: a message that no line names, as one of translations, goes with any line of its session`, async () => {
    await using store = await talked(open);
    const message = { channelId: '200', guildId: '10', postedAtWallMs: 1 };
    await store.messages.put({ ...message, messageId: '400', sessionId: 'a' });
    await store.messages.put({ ...message, messageId: '401', sessionId: 'b' });
    await store.eraser.forget('10', '1', 'a');
    const outdated = await store.messages.outdated(9);
    const shown = outdated.map((one) => [one.message.messageId, one.lines.length]);
    expect(shown.toSorted()).toEqual([
      ['300', 1],
      ['400', 0],
    ]);
  });
}
