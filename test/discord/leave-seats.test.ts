import { type Client, Status } from 'discord.js';
import { expect, test } from 'vitest';
import { leaveAllSeats } from '#src/discord/leave-seats.ts';

type SeatState = { readonly channelId: string | null; readonly status?: Status };

/** A client in these servers; `linked` are those with a voice connection. */
function open(seats: Readonly<Record<string, SeatState>>, linked: readonly string[] = []) {
  const left: unknown[] = [];
  const guilds = Object.entries(seats).map(([id, { channelId, status = Status.Ready }]) => {
    const send = (payload: unknown) => {
      if (status !== Status.Ready) throw new Error('the shard is away');
      left.push(payload);
    };
    return [
      id,
      { id, members: { me: { voice: { channelId } } }, shard: { status, send } },
    ] as const;
  });
  const client = {
    guilds: { cache: new Map(guilds) },
    voice: { adapters: new Map(linked.map((id) => [id, {}])) },
  };
  leaveAllSeats(client as unknown as Client<true>);
  return left;
}

const leave = (id: string) => ({
  op: 4,
  d: { guild_id: id, channel_id: null, self_mute: false, self_deaf: false },
});

test('every seat is given up at once, also one that Discord has not told of yet', () => {
  const seats = { a: { channelId: 'lounge' }, b: { channelId: null }, c: { channelId: null } };
  expect(open(seats, ['c'])).toEqual([leave('a'), leave('c')]);
});

test('a server whose gateway is away keeps the others from nothing', () => {
  const seats = {
    a: { channelId: 'lounge', status: Status.Reconnecting },
    b: { channelId: 'lounge' },
  };
  expect(open(seats)).toEqual([leave('b')]);
});
