import { expect, test } from 'vitest';
import type { Public } from '#src/base/public.ts';
import { MemoryCache } from '#src/features/memories/memory-cache.ts';
import type { Memory, MemoryStore } from '#src/features/memories/memory-store.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

const tea: Memory = {
  guildId: 'g',
  number: 1,
  text: 'tea',
  byId: 'adam',
  byName: 'Adam',
  atWallMs: 0,
};

/** A store that is read when the test says so. */
function open() {
  const reads: ((all: readonly Memory[]) => void)[] = [];
  const store: Public<MemoryStore> = {
    list: () => new Promise((resolve) => void reads.push(resolve)),
    add: async (memory) => ({ kind: 'added', memory: { ...memory, number: 2 } }),
    remove: async () => true,
  };
  const parts = { clock: new VirtualClock(), onEvent: () => undefined, store };
  const memories = new MemoryCache(parts);
  const answer = async (all: readonly Memory[]) => {
    reads.shift()?.(all);
    for (let n = 0; n < 20; n++) await Promise.resolve();
  };
  return { memories, answer };
}

test('what is forgotten while memories are read does not come back', async () => {
  const { memories, answer } = open();
  const loading = memories.load('g');
  memories.forget('g', 'adam');
  await answer([tea]);
  expect(memories.known('g')).toEqual([]);
  await answer([]);
  expect(await loading).toEqual([]);
});

test('what is added and removed is known without another look at the store', async () => {
  const { memories, answer } = open();
  const loading = memories.load('g');
  await answer([tea]);
  await loading;
  await memories.add({ ...tea, text: 'milk' });
  expect(memories.known('g').map(({ text }) => text)).toEqual(['tea', 'milk']);
  await memories.remove('g', 1);
  expect(memories.known('g').map(({ text }) => text)).toEqual(['milk']);
  memories.forget('g');
  expect(memories.known('g')).toEqual([]);
});
