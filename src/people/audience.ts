import type { ChannelId, GuildId, PersonId, RoleId } from '#src/base/ids.ts';
import { isOpenAt, type Owner } from './owned.ts';

/** `gone` is a deleted channel. Its words belong to people with a line in their session. */
export type ChannelAccess = 'yes' | 'no' | 'gone';

export type AudienceDeps = {
  readonly captionChats: {
    /** Reads the roles of a person, at most 60 s ago. Without an answer of Discord: `no`. */
    mayOpen(
      guildId: GuildId,
      channelId: ChannelId,
      personId: PersonId,
    ): Promise<ChannelAccess>;
  };
  readonly places: {
    /** Finds the voice channel in which a person sits now. */
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
 * import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
 * import { mayOpen } from '#src/people/audience.ts';
 *
 * const captionChats = { mayOpen: async () => 'no' as const };
 * const places = { findSeat: () => ({ channelId: toChannelId('2') }) };
 * await mayOpen(toGuildId('1'), toChannelId('2'), toPersonId('3'), { captionChats, places }); // 'yes'
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

/** A voice channel of a server. */
type Place = { readonly guildId: GuildId; readonly channelId: ChannelId };

type ReaderDeps = {
  readonly places: {
    /** Tests whether exactly the same people may open both channels. False if unknown. */
    hasSameReaders(channel: Place, other: Place): boolean;
  };
};

/**
 * Decides whether words or sound of an owner may be heard in a channel, and go along to it: they are its own, or exactly
 * the same people may open both channels. It never waits, so that it can be asked as each frame of sound leaves.
 *
 * @example
 * import { toChannelId, toGuildId } from '#src/base/ids.ts';
 * import { mayBeHeard } from '#src/people/audience.ts';
 *
 * const places = { hasSameReaders: () => false };
 * const lounge = { guildId: toGuildId('1'), channelId: toChannelId('2') };
 * mayBeHeard({ channelId: lounge.channelId }, lounge, { places }); // true
 * mayBeHeard({ channelId: toChannelId('3') }, lounge, { places }); // false
 * mayBeHeard('given', lounge, { places }); // true
 */
export function mayBeHeard(
  owner: Owner,
  place: Place,
  { places }: ReaderDeps,
): boolean {
  return isOpenAt(owner, place.channelId, (channelId) =>
    places.hasSameReaders(place, { ...place, channelId }),
  );
}

/** One permission in a channel. `isOpen` is for `everyone`, and the ids have an overwrite. */
export type RightInChannel = {
  readonly isOpen: boolean;
  readonly allowedIds: ReadonlySet<PersonId | RoleId>;
  readonly deniedIds: ReadonlySet<PersonId | RoleId>;
};

/**
 * Decides whether exactly the same people have a permission in both channels. Unsure cases count as different.
 * Source: https://discord.com/developers/docs/topics/permissions#permission-overwrites
 */
export function haveSameHolders(right: RightInChannel, other: RightInChannel): boolean {
  const rights = [right, other];
  if (rights.every(({ deniedIds, isOpen }) => isOpen && deniedIds.size === 0))
    return true;
  return (
    right.isOpen === other.isOpen &&
    right.allowedIds.symmetricDifference(other.allowedIds).size === 0 &&
    right.deniedIds.symmetricDifference(other.deniedIds).size === 0
  );
}

/**
 * Decides whether everybody with the permission `right` has `limit` too. Unsure cases count as wider.
 * Source: https://discord.com/developers/docs/topics/permissions#permission-overwrites
 */
export function isNoWider(right: RightInChannel, limit: RightInChannel): boolean {
  if (limit.isOpen && limit.deniedIds.size === 0) return true;
  return (
    right.allowedIds.isSubsetOf(limit.allowedIds) &&
    limit.deniedIds.isSubsetOf(right.deniedIds)
  );
}
