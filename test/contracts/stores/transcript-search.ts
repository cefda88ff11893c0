import { expect, test } from 'vitest';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type {
  ReadableChannels,
  TranscriptSearch,
} from '#src/stores/transcripts/transcript-line.ts';
import type { LocalTranscriptStore } from '#test/fakes/local-stores.ts';
import {
  makeLine,
  makeSession,
  type OpenTranscriptStore,
  openSessions,
  startedAtWallMs,
} from './transcript-samples.ts';

/** Contract of every store of transcripts: search for lines by words. */
export function testTranscriptSearch(name: string, open: OpenTranscriptStore) {
  testFinding(name, open);
  testRanking(name, open);
  testFilters(name, open);
}

/** Session `a` of these texts. */
async function openWithTexts(open: OpenTranscriptStore, ...texts: readonly string[]) {
  const store = await open();
  await store.writer.putSession(makeSession('a'));
  await store.writer.putLines(texts.map((text, n) => makeLine('a', n + 1, text)));
  return store;
}

async function findTexts(
  store: LocalTranscriptStore,
  text: string,
  overrides: Partial<TranscriptSearch> = {},
  channels: ReadableChannels = openSessions,
) {
  const search = { guildId: toGuildId('10'), words: text, limit: 9, ...overrides };
  return (await store.reader.search(search, channels)).map(({ line }) => line.text);
}

function testFinding(name: string, open: OpenTranscriptStore) {
  test.each([
    ['without case and accents', 'Das Café in der STRASSE', ['cafe', 'CAFÉ', 'straße']],
    ['in Greek and Cyrillic', 'Ο δρόμος. Ёлка стоит', ['ΔΡΌΜΟΣ', 'елка']],
    ['in Chinese, which has no spaces', '我们星期五在我家见面', ['星期五', '见面']],
    [
      'in Japanese, which has no spaces',
      '来週の金曜日に東京で会いましょう',
      ['金曜日', '東京'],
    ],
    ['in Thai, which has no spaces', 'เราจะพบกันวันศุกร์', ['วันศุกร์']],
    ['in Korean and Hindi', '금요일 저녁 हम शुक्रवार को मिलेंगे', ['금요일', 'शुक्रवार']],
    ['with digits and signs', "It's 20:14, room B-12", ['20:14', 'b 12', "it's"]],
  ])(`${name}: words are found %s`, async (_how, text, queries) => {
    await using store = await openWithTexts(open, text, 'something else');
    for (const query of queries)
      expect(await findTexts(store, query), query).toEqual([text]);
  });

  test.each([
    'NEAR',
    'AND',
    '"eight',
    'eig*',
    'words:eight',
    '(',
    'eight OR',
    '^',
    '1·eight',
    '',
  ])(`${name}: %j, typed as a search, is only words`, async (sentence) => {
    await using store = await openWithTexts(open, 'near and or not', 'eight');
    const allTexts = await findTexts(store, sentence);
    const wanted = ['near and or not', 'eight'].filter((text) =>
      text.split(' ').some((word) => sentence.toLowerCase().split(/\W/).includes(word)),
    );
    expect(new Set(allTexts)).toEqual(new Set(wanted));
  });
}

function testRanking(name: string, open: OpenTranscriptStore) {
  test(`${name}: lines with more of the words come first, and the newest among equals`, async () => {
    await using store = await openWithTexts(
      open,
      'red',
      'red blue',
      'blue',
      'red',
      'green',
    );
    expect(await findTexts(store, 'blue red')).toEqual([
      'red blue',
      'blue',
      'red',
      'red',
    ]);
    expect(await findTexts(store, 'red blue', { limit: 1 })).toEqual(['red blue']);
  });
}

function testFilters(name: string, open: OpenTranscriptStore) {
  test(`${name}: a search stays in its server and session`, async () => {
    await using store = await open();
    const later = startedAtWallMs + 3_600_000;
    await store.writer.putSession(makeSession('a'));
    await store.writer.putSession(makeSession('b', { startedAtWallMs: later }));
    await store.writer.putSession(makeSession('c', { guildId: toGuildId('20') }));
    for (const id of ['a', 'b', 'c'])
      await store.writer.putLines([
        makeLine(id, 1, `red ${id}1`),
        makeLine(id, 2, `red ${id}2`),
      ]);
    expect(await findTexts(store, 'red')).toEqual([
      'red b2',
      'red b1',
      'red a2',
      'red a1',
    ]);
    expect(await findTexts(store, 'red', { sessionId: 'a' })).toEqual([
      'red a2',
      'red a1',
    ]);
    expect(await findTexts(store, 'red', { sessionId: 'c' })).toEqual([]);
    expect(await findTexts(store, 'red', { guildId: toGuildId('30') })).toEqual([]);
  });

  test(`${name}: what is not open takes no place among what is found`, async () => {
    await using store = await open();
    await store.writer.putSession(makeSession('a'));
    await store.writer.putSession(makeSession('b', { channelId: toChannelId('101') }));
    await store.writer.putLines([makeLine('a', 1, 'red 1'), makeLine('a', 2, 'red 2')]);
    const others = Array.from({ length: 30 }, (_, n) =>
      makeLine('b', n + 1, `red ${n + 3}`),
    );
    await store.writer.putLines(others);
    expect(
      await findTexts(
        store,
        'red 30',
        { limit: 2 },
        { channelIds: [toChannelId('100')] },
      ),
    ).toEqual(['red 2', 'red 1']);
  });
}
