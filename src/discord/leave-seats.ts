import { type Client, GatewayOpcodes, Status } from 'discord.js';

/**
 * Tells Discord that the bot leaves every voice channel it is shown in, or is on its way into; waits for nothing.
 *
 * discord.js sends 114 messages a minute for each shard; the seats beyond them go with the gateway session, which its
 * orderly end closes.
 */
export function leaveAllSeats(client: Client<true>): void {
  for (const guild of client.guilds.cache.values()) {
    const isSeated = guild.members.me?.voice.channelId;
    if (isSeated || client.voice.adapters.has(guild.id)) leaveSeat(client, guild.id);
  }
}

/** Where the gateway of that server is away, Discord cannot be told. */
function leaveSeat(client: Client<true>, guildId: GuildId) {
  const { shard } = client.guilds.cache.get(guildId) ?? {};
  if (shard?.status !== Status.Ready) return; // discord.js would not catch its own error
  const d = { guild_id: guildId, channel_id: null, self_mute: false, self_deaf: false };
  shard.send({ op: GatewayOpcodes.VoiceStateUpdate, d });
}

/** Gives up the seats in which Discord shows the bot without a link, as those of a former run. */
export function leaveGhosts(
  client: Client<true>,
  hasLink: (guildId: GuildId) => boolean,
): void {
  for (const guild of client.guilds.cache.values()) {
    const isThere = guild.voiceStates.cache.get(client.user.id)?.channelId;
    if (isThere && !hasLink(guild.id)) leaveSeat(client, guild.id);
  }
}
