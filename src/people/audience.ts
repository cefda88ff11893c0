/** Whether a person may know words of a channel; `gone`: it was deleted, and its words belong to people with a line in their session. */
export type ChannelAccess = 'yes' | 'no' | 'gone';

export type AudienceDeps = {
  readonly captionChats: {
    mayOpen(guildId: string, channelId: string, personId: string): Promise<ChannelAccess>;
  };
  readonly places: {
    seatOf(guildId: string, personId: string): { readonly channelId: string } | undefined;
  };
};

/**
 * Whether a person may open a voice channel and so know what was said there: they sit there now, or the roles of both let them, read at
 * most 60 s ago; unknown means no.
 */
export async function mayOpen(
  guildId: string,
  channelId: string,
  personId: string,
  { captionChats, places }: AudienceDeps,
): Promise<ChannelAccess> {
  if (places.seatOf(guildId, personId)?.channelId === channelId) return 'yes';
  return await captionChats.mayOpen(guildId, channelId, personId);
}
