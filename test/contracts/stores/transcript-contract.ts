import { expect, test } from 'vitest';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { NewMemory } from '#src/stores/memory-store.ts';
import type { NewNote } from '#src/stores/transcripts/note-store.ts';
import { admitPartErasure, admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import { testTranscriptErasing } from './transcript-erasing.ts';
import { testTranscriptRestarts } from './transcript-restarts.ts';
import type { OpenTranscriptStore } from './transcript-samples.ts';
import { testTranscriptSearch } from './transcript-search.ts';
import { testTranscriptStore } from './transcript-store-contract.ts';

/** Contract of the store of transcripts, notes and memories. */
export function testTranscripts(name: string, open: OpenTranscriptStore) {
  testTranscriptStore(name, open);
  testTranscriptSearch(name, open);
  testTranscriptErasing(name, open);
  testTranscriptRestarts(name, open);
  testMemoryStore(name, open);
  testNoteStore(name, open);
}

/** Contract of every store of memories. */
function testMemoryStore(name: string, open: OpenTranscriptStore) {
  const memory: NewMemory = {
    guildId: toGuildId('10'),
    text: 'tea',
    byId: toPersonId('1'),
    byName: 'Ana',
    atWallMs: 5,
  };

  test(`${name}: memories are listed as they were added, numbered from 1 in each server`, async () => {
    await using store = await open();
    const about = {
      ...memory,
      aboutId: toPersonId('2'),
      aboutName: 'Ben',
      text: 'coffee',
    };
    expect(await store.memories.add(memory)).toEqual({
      kind: 'added',
      memory: { ...memory, number: 1 },
    });
    await store.memories.add(about);
    await store.memories.add({ ...memory, guildId: toGuildId('20') });
    expect(await store.memories.list(toGuildId('10'))).toEqual([
      { ...memory, number: 1 },
      { ...about, number: 2 },
    ]);
    expect(await store.memories.list(toGuildId('20'))).toMatchObject([{ number: 1 }]);
    expect(await store.memories.list(toGuildId('30'))).toEqual([]);
  });

  test(`${name}: a server has at most fifty memories`, async () => {
    await using store = await open();
    for (let n = 0; n < 50; n++) await store.memories.add(memory);
    expect(await store.memories.add(memory)).toEqual({ kind: 'full', limit: 50 });
    await store.memories.remove(admitPartErasure(toGuildId('10')), 7);
    expect(await store.memories.add(memory)).toMatchObject({
      kind: 'added',
      memory: { number: 51 },
    });
  });
}

const [ana, ben] = [toPersonId('1'), toPersonId('12')];
const guildId = toGuildId('10');
const place = { guildId, channelId: toChannelId('100') };
const note: NewNote = {
  kind: 'task',
  text: 'Ana pays.',
  name: 'Ana',
  personIds: [ana],
  atWallMs: 5,
};

/** Contract of every store of notes. */
function testNoteStore(name: string, open: OpenTranscriptStore) {
  test(`${name}: notes of a channel are numbered from 1, and the same words are noted once`, async () => {
    await using store = await open();
    expect(await store.notes.add(place, [note])).toEqual([
      { ...note, ...place, number: 1 },
    ]);
    await store.notes.add({ ...place, channelId: toChannelId('200') }, [note]);
    await store.notes.add(place, [note, { ...note, text: 'Ben drives.' }]);
    expect(await store.notes.list(place)).toMatchObject([
      { number: 1, text: 'Ana pays.' },
      { number: 2, text: 'Ben drives.' },
    ]);
  });

  test(`${name}: a channel keeps its newest hundred notes`, async () => {
    await using store = await open();
    const notes = Array.from({ length: 101 }, (_, n) => ({ ...note, text: `${n}` }));
    await store.notes.add(place, notes);
    const numbers = (await store.notes.list(place)).map(({ number }) => number);
    expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([100, 2, 101]);
  });

  test(`${name}: a note is corrected and removed by its number`, async () => {
    await using store = await open();
    await store.notes.add(place, [note, { ...note, text: 'Ben drives.' }]);
    const corrected = { number: 2, text: 'Eva drives.', name: 'Ana', personIds: [ben] };
    expect(await store.notes.correct(place, corrected)).toBe(true);
    expect(await store.notes.correct(place, { ...corrected, number: 9 })).toBe(false);
    const erasure = admitPartErasure(guildId);
    expect(await store.notes.remove(erasure, place.channelId, [1])).toBe(1);
    expect(await store.notes.list(place)).toMatchObject([corrected]);
  });

  test(`${name}: forgetting a person deletes each note with that person's words, and no other`, async () => {
    await using store = await open();
    const both = { ...note, text: 'Both pay.', personIds: [ben, ana] };
    await store.notes.add(place, [
      note,
      both,
      { ...note, text: 'B', personIds: [ben] },
    ]);
    expect((await store.records.listRecords(guildId, ana)).notes).toHaveLength(2);
    expect(await store.records.countRecords(guildId, ana)).toMatchObject({
      memories: 0,
      notes: 2,
    });
    await store.eraser.erasePerson(admitPersonErasure(guildId, ana));
    expect(await store.notes.list(place)).toMatchObject([{ text: 'B' }]);
  });
}
