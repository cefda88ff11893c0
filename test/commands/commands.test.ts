import { expect, test } from 'vitest';
import { join } from '#commands/join.ts';
import { leave } from '#commands/leave.ts';
import type { Call } from '#src/session/command.ts';
import type { Joining, Leaving, Rooms } from '#src/session/command-ports.ts';
import type { ChannelRef } from '#src/session/link.ts';

const lounge: ChannelRef = { guildId: 'g', channelId: 'lounge', name: 'Lounge' };
const adam: Call = {
  guildId: 'g',
  callerId: 'adam',
  callerName: 'Adam',
  mayManage: false,
  callerLocale: 'en',
  words: {},
};

function rooms(over: { joining?: Joining; leaving?: Leaving; at?: ChannelRef }): Rooms {
  return {
    join: async () => over.joining ?? { kind: 'joined', company: 1 },
    leave: async () => over.leaving ?? { kind: 'nowhere' },
    at: () => over.at,
  };
}

test('/join without a voice channel says what to do, to the caller alone', async () => {
  expect(await join.run(adam, { rooms: rooms({}) })).toEqual([{ id: 'join.none', to: 'caller' }]);
});

test('/join tells the room where it is and the caller that calling meant yes', async () => {
  const replies = await join.run({ ...adam, callerChannel: lounge }, { rooms: rooms({}) });
  expect(replies).toEqual([
    { id: 'join.ok', with: { channel: 'Lounge' }, to: 'room' },
    { id: 'join.consent', to: 'caller' },
  ]);
});

test('/join prefers the channel that was named over the one the caller sits in', async () => {
  let asked: ChannelRef | undefined;
  const stage: ChannelRef = { guildId: 'g', channelId: 'stage', name: 'Stage' };
  const listening: Rooms = {
    ...rooms({}),
    join: async (channel) => {
      asked = channel;
      return { kind: 'joined', company: 1 };
    },
  };
  await join.run({ ...adam, callerChannel: lounge, channel: stage }, { rooms: listening });
  expect(asked).toBe(stage);
});

test('/join says where the bot is busy, and when Discord did not answer', async () => {
  const call = { ...adam, callerChannel: lounge };
  const busy = rooms({ joining: { kind: 'busy', other: 'Den', people: 3 } });
  expect(await join.run(call, { rooms: busy })).toEqual([
    { id: 'join.busy', with: { other: 'Den', n: 3 }, to: 'caller' },
  ]);
  const late = rooms({ joining: { kind: 'timeout', nextTryMs: 5000 } });
  expect(await join.run(call, { rooms: late })).toEqual([
    { id: 'join.timeout', with: { s: 5 }, to: 'caller' },
  ]);
});

test('/leave belongs to the people in the room and to those who manage the server', async () => {
  const ports = {
    rooms: rooms({ at: lounge, leaving: { kind: 'left', channel: 'Lounge', stayedMs: 0 } }),
  };
  expect(await leave.run(adam, ports)).toEqual([
    { id: 'perm.room', with: { channel: 'Lounge' }, to: 'caller' },
  ]);
  expect((await leave.run({ ...adam, mayManage: true }, ports))[0].id).toBe('leave.ok');
  expect((await leave.run({ ...adam, callerChannel: lounge }, ports))[0].id).toBe('leave.ok');
});

test.each([
  [44_000, '44 s'],
  [125_000, '2 min'],
  [3_900_000, '1 h 5 min'],
])('/leave after %i ms says it stayed %s', async (stayedMs, duration) => {
  const ports = {
    rooms: rooms({ at: lounge, leaving: { kind: 'left', channel: 'Lounge', stayedMs } }),
  };
  expect(await leave.run({ ...adam, callerChannel: lounge }, ports)).toEqual([
    { id: 'leave.ok', with: { channel: 'Lounge', duration }, to: 'room' },
  ]);
});

test('/leave outside any channel says so', async () => {
  expect(await leave.run(adam, { rooms: rooms({}) })).toEqual([
    { id: 'leave.nowhere', to: 'caller' },
  ]);
});
