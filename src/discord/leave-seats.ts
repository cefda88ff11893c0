import { type Client, GatewayOpcodes, Status } from 'discord.js';
import { type GuildId, toGuildId } from '#src/base/ids.ts';

/** Leaves every voice channel without waiting. */
export function leaveAllSeats(client: Client<true>): void {
  // discord.js sends 114 messages a minute for each shard. The end of the gateway
  // session frees the other seats.
  for (const guild of client.guilds.cache.values()) {
    const guildId = toGuildId(guild.id);
    if (guild.members.me?.voice.channelId || client.voice.adapters.has(guildId))
      leaveSeat(client, guildId);
  }
}

function leaveSeat(client: Client<true>, guildId: GuildId) {
  const { shard } = client.guilds.cache.get(guildId) ?? {};
  if (shard?.status !== Status.Ready) return; // discord.js would not catch its own error
  const d = { guild_id: guildId, channel_id: null, self_mute: false, self_deaf: false };
  shard.send({ op: GatewayOpcodes.VoiceStateUpdate, d });
}

/** Leaves each voice channel where Discord shows the bot, and where it has no link. */
export function leaveGhosts(
  client: Client<true>,
  hasLink: (guildId: GuildId) => boolean,
): void {
  for (const guild of client.guilds.cache.values()) {
    const guildId = toGuildId(guild.id);
    if (guild.voiceStates.cache.get(client.user.id)?.channelId && !hasLink(guildId))
      leaveSeat(client, guildId);
  }
}
