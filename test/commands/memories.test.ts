import { expect, test } from 'vitest';
import { privacy } from '#commands/privacy/privacy.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall, Replies } from '#src/conversation/command.ts';
import type { MemoryRequests } from '#src/features/memories/memory-requests.ts';
import type { Memory, MemoryRemoval } from '#src/features/memories/memory-store.ts';

import { type CheckedLine, text } from '#src/texts/texts.ts';
import { adam, ports } from './ports.ts';

const tea: Memory = {
  guildId: 'g',
  number: 3,
  text: 'I like tea.',
  byId: 'ana',
  byName: 'Ana',
  atWallMs: Date.UTC(2026, 10, 20, 12),
};

async function run(
  memories: Partial<Public<MemoryRequests>>,
  words: CommandCall['words'] = {},
  call = adam,
): Promise<Replies> {
  const command = privacy.commands.find(({ name }) => name === 'memories');
  if (!command) throw new Error('no /privacy memories');
  return await command.run({ ...call, words }, ports({ memories }));
}

const listing = (memories: readonly Memory[], isOn = true): Partial<Public<MemoryRequests>> => ({
  list: async () => ({ kind: 'read', memories, isOn }),
});
const unreadable: Partial<Public<MemoryRequests>> = { list: async () => ({ kind: 'failed' }) };
const shown = (replies: Replies): readonly (readonly string[])[] =>
  replies.map(({ lines = [], ...head }) =>
    [head, ...lines].map((line) => text(line.id, line.with)),
  );

test('/privacy memories lists what the server has remembered, to the caller alone', async () => {
  const about = { ...tea, number: 4, text: 'Is late.', aboutId: 'ben', aboutName: 'Ben' };
  const replies = await run(listing([tea, about]));
  expect(replies.map(({ to }) => to)).toEqual(['caller']);
  expect(shown(replies)).toEqual([
    [
      'What I remember here, for everybody in this server:',
      '3. I like tea. (Ana, 2026-11-20)',
      '4. Is late. (Ana about Ben, 2026-11-20)',
    ],
  ]);
});

test('fifty memories of the longest kind are listed whole, in messages that Discord takes', async () => {
  const all = Array.from({ length: 50 }, (_, n) => ({
    ...tea,
    number: n + 1,
    text: '*'.repeat(200),
  }));
  const replies = await run(listing(all));
  const lines = replies.flatMap(({ lines = [] }) => lines);
  expect(lines.map((line: CheckedLine) => line.with?.n)).toEqual(all.map(({ number }) => number));
  for (const { lines: some = [] } of replies) {
    const chars = some.map((line) => text(line.id, line.with).length + 200 + 1);
    expect(chars.reduce((sum, one) => sum + one, 60)).toBeLessThanOrEqual(2_000);
  }
});

test.each([
  [listing([]), 'memory.none'],
  [listing([], false), 'memory.off'],
  [unreadable, 'memory.unread'],
])('/privacy memories says why it lists nothing', async (memories, id) => {
  expect(await run(memories)).toEqual([{ id, to: 'caller' }]);
});

test.each([
  [{ kind: 'removed' }, { id: 'memory.forgotten' }],
  [{ kind: 'unknown' }, { id: 'memory.unknown' }],
  [{ kind: 'failed' }, { id: 'memory.unread' }],
  [
    { kind: 'denied', author: 'Ana' },
    { id: 'memory.denied', with: { name: 'Ana' } },
  ],
] as const)('/privacy memories delete that was %j is told so', async (removal, reported) => {
  const asked: unknown[] = [];
  const remove = async (...args: unknown[]): Promise<MemoryRemoval> => {
    asked.push(args);
    return removal;
  };
  const manager = { ...adam, mayManage: true };
  expect(await run({ remove }, { delete: '3' }, manager)).toEqual([{ ...reported, to: 'caller' }]);
  expect(asked).toEqual([['g', 3, { id: 'adam', mayManage: true }]]);
});
