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

/** One right in a channel: whether `everyone` has it there, and the roles and people whose overwrites allow or deny it. */
export type RightInChannel = {
  readonly isOpen: boolean;
  readonly allowedIds: ReadonlySet<string>;
  readonly deniedIds: ReadonlySet<string>;
};

/**
 * Whether all roles and people, in any combination, that have a right in one channel have it in the other. It may miss a case, and
 * never claims a wrong one. Source of how overwrites add up: Discord docs, "Permission overwrites".
 */
export function isNoWider(one: RightInChannel, other: RightInChannel): boolean {
  if (other.isOpen && other.deniedIds.size === 0) return true;
  return one.allowedIds.isSubsetOf(other.allowedIds) && other.deniedIds.isSubsetOf(one.deniedIds);
}
