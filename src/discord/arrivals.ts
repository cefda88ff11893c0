import { type Client, Events, type Guild } from 'discord.js';
import type { PanelReplies } from '#src/discord/panel/panels.ts';

/** Told of servers that are there, or there again; resolves to those it takes care of. Never throws. */
export type Arrived = (guildIds: readonly string[]) => Promise<ReadonlySet<string>>;

/**
 * Tells which servers are there once the client is ready, and which are there again after an outage or a gateway that was
 * away. Panels of a former run in servers of the start that nobody takes care of say that the bot is not there any more;
 * `ghosts` are ids of channels where it sat, by server.
 */
export function watchArrivals(
  client: Client<true>,
  ghosts: ReadonlyMap<string, string>,
  panels: Pick<PanelReplies, 'wake'>,
  arrived: Arrived = async () => new Set(),
): Disposable {
  const onGuild = ({ id }: Guild): void => void arrived([id]);
  const onResume = (shardId: number): void => {
    const there = [...client.guilds.cache.values()].filter((guild) => guild.shardId === shardId);
    void arrived(idsOf(there));
  };
  client.on(Events.GuildAvailable, onGuild).on(Events.ShardResume, onResume);
  const names = [...ghosts].map(([guildId, id]) => [guildId, channelNameOf(client, id)] as const);
  const guildIds = [...client.guilds.cache.keys()];
  void arrived(idsOf([...client.guilds.cache.values()])).then((taken) => {
    const others = guildIds.filter((id) => !taken.has(id));
    void panels.wake(others, new Map(names));
  });
  return {
    [Symbol.dispose]() {
      client.off(Events.GuildAvailable, onGuild).off(Events.ShardResume, onResume);
    },
  };
}

function idsOf(guilds: readonly Guild[]): readonly string[] {
  return guilds.filter(({ available }) => available).map(({ id }) => id);
}

function channelNameOf(client: Client<true>, channelId: string): string {
  const channel = client.channels.cache.get(channelId);
  return channel && 'name' in channel && channel.name ? channel.name : channelId;
}
