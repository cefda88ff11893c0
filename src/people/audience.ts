/** Whether a person may know words of a channel; `gone`: it was deleted, and its words belong to people with a line in their session. */
export type ChannelAccess = 'yes' | 'no' | 'gone';

export type AudienceDeps = {
  readonly captionChats: {
    mayOpen(guildId: GuildId, channelId: ChannelId, personId: PersonId): Promise<ChannelAccess>;
  };
  readonly places: {
    findSeat(guildId: GuildId, personId: PersonId): { readonly channelId: ChannelId } | undefined;
  };
};

/**
 * Whether a person may open a voice channel and so know what was said there: they sit there now, or the roles of both let them, read at
 * most 60 s ago; unknown means no.
 */
export async function mayOpen(
  guildId: GuildId,
  channelId: ChannelId,
  personId: PersonId,
  { captionChats, places }: AudienceDeps,
): Promise<ChannelAccess> {
  if (places.findSeat(guildId, personId)?.channelId === channelId) return 'yes';
  return await captionChats.mayOpen(guildId, channelId, personId);
}
