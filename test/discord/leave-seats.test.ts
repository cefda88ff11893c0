import { type Client, Status } from 'discord.js';
import { leaveAllSeats } from '#src/discord/leave-seats.ts';

test('a bot that ends at once leaves every voice channel that it is in or on its way to', () => {
  const sent: unknown[] = [];
  const makeGuild = (id: string, channelId: string | null, status = Status.Ready) => ({
    id,
    shard: { status, send: ({ d }: { readonly d: object }) => void sent.push(d) },
    members: { me: { voice: { channelId } } },
  });
  const guilds = [
    makeGuild('seated', 'a'),
    makeGuild('joining', null),
    makeGuild('nowhere', null),
  ];
  const all = [...guilds, makeGuild('away', 'b', Status.Reconnecting)];
  const cache = new Map(all.map((entry) => [entry.id, entry]));
  const voice = { adapters: new Map([['joining', {}]]) };
  leaveAllSeats({ guilds: { cache }, voice } as unknown as Client<true>);
  expect(sent).toMatchObject([
    { guild_id: 'seated', channel_id: null },
    { guild_id: 'joining', channel_id: null },
  ]);
});
