import type { MessagePlace } from '#src/ports/desired-message.ts';

/** Address of a message in a server. */
export function messageLink(guildId: string, { channelId, messageId }: MessagePlace): string {
  return `https://discord.com/channels/${guildId}/${channelId}/${messageId}`;
}
