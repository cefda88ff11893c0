import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { CommandCall } from '#src/features/command.ts';
import type { MemoryCache } from '#src/features/memories/memory-cache.ts';
import type { Memory } from '#src/stores/memory-store.ts';

import { adam, manager } from './command-ports.ts';
import { listLines, type ReadReplies, runTyped } from './run-typed.ts';

const tea: Memory = {
  guildId: toGuildId('g'),
  number: 3,
  text: 'I like tea.',
  byId: toPersonId('ana'),
  byName: 'Ana',
  atWallMs: Date.UTC(2026, 10, 20, 12),
};

const runMemories = (
  memories: Partial<MemoryCache>,
  inputs: CommandCall['inputs'] = {},
  call = adam,
) => runTyped('privacy memories', { ...call, inputs }, { memories });

const makeListing = (memories: readonly Memory[], isOn = true) => ({
  listMemories: async () => ({ memories, isOn }),
});
const unreadable: Partial<MemoryCache> = {
  listMemories: async () => undefined,
};
const listShown = (replies: ReadReplies) => replies.map(listLines);

test('/privacy memories lists what the server has remembered, to the caller alone', async () => {
  const about = {
    ...tea,
    number: 4,
    text: 'Is late.',
    aboutId: toPersonId('ben'),
    aboutName: 'Ben',
  };
  const replies = await runMemories(makeListing([tea, about]));
  expect(replies.map(({ to }) => to)).toEqual([undefined]);
  expect(listShown(replies)).toEqual([
    [
      'What I remember here',
      '3. I like tea. (Ana, 2026-11-20)',
      '4. Is late. (Ana → Ben, 2026-11-20)',
    ],
  ]);
});

test.each([
  [makeListing([]), 'memory.none'],
  [makeListing([], false), 'memory.off'],
  [unreadable, 'store.unread'],
])('/privacy memories says why it lists nothing', async (memories, id) =>
  expect(await runMemories(memories)).toEqual([{ id }]),
);

test('/privacy memories delete reports what came of it', async () => {
  const requests: unknown[] = [];
  const removeMemory = async (...args: unknown[]) => {
    requests.push(args);
    return { id: 'confirm.done' } as const;
  };
  expect(await runMemories({ removeMemory }, { delete: '3' }, manager)).toEqual([
    { id: 'confirm.done' },
  ]);
  expect(requests).toEqual([['g', 3, manager.caller]]);
});
