/** Key under which the settings of a server hold that the bot was sent out of a voice channel of `auto_join`. */
export type RestKey = `auto_join_rest:${string}`;

export function restKey(channelId: string): RestKey {
  return `auto_join_rest:${channelId}`;
}
