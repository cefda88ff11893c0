import { type Client, Events, type VoiceState } from 'discord.js';

/** Tells of each server in which somebody came into, left or changed a voice channel, this bot too. */
export function watchChannelChanges(
  client: Client<true>,
  changed: (guildId: string) => void,
): () => void {
  const onState = (before: VoiceState, { channelId, guild }: VoiceState): void => {
    if (before.channelId !== channelId) changed(guild.id);
  };
  client.on(Events.VoiceStateUpdate, onState);
  return () => void client.off(Events.VoiceStateUpdate, onState);
}
