import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';

/** `gone` is a deleted channel. Its words belong to people with a line in their session. */
export type ChannelAccess = 'yes' | 'no' | 'gone';

export type AudienceDeps = {
  readonly captionChats: {
    mayOpen(
      guildId: GuildId,
      channelId: ChannelId,
      personId: PersonId,
    ): Promise<ChannelAccess>;
  };
  readonly places: {
    findSeat(
      guildId: GuildId,
      personId: PersonId,
    ): { readonly channelId: ChannelId } | undefined;
  };
};

/**
 * Decides whether a person may know words of a voice channel: they sit there now, or roles read at most 60 s ago let them open it.
 *
 * @example
 * import { mayOpen } from '#src/people/audience.ts';
 *
 * const captionChats = { mayOpen: async () => 'no' as const };
 * const places = { findSeat: () => ({ channelId: '2' }) };
 * await mayOpen('1', '2', '3', { captionChats, places }); // 'yes'
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

/** One permission in a channel: whether `everyone` has it, and the roles and people with an overwrite. */
export type RightInChannel = {
  readonly isOpen: boolean;
  readonly allowedIds: ReadonlySet<string>;
  readonly deniedIds: ReadonlySet<string>;
};

/**
 * Decides whether everybody with a permission in one channel has it in the other. Unsure cases count as wider.
 * Source: https://discord.com/developers/docs/topics/permissions#permission-overwrites
 */
export function isNoWider(one: RightInChannel, other: RightInChannel): boolean {
  if (other.isOpen && other.deniedIds.size === 0) return true;
  return (
    one.allowedIds.isSubsetOf(other.allowedIds) &&
    other.deniedIds.isSubsetOf(one.deniedIds)
  );
}
