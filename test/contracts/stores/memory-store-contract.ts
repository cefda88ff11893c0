import { expect, test } from 'vitest';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { NewMemory } from '#src/stores/memory-store.ts';
import { admitPartErasure } from '#test/fakes/admitted-erasures.ts';

import type { OpenTranscriptStore } from './transcript-samples.ts';

/** Contract of every store of memories. */
export function testMemoryStore(name: string, open: OpenTranscriptStore) {
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
