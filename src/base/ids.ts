/**
 * Ids of Discord are all snowflakes, texts of up to 20 digits, so nothing but its type tells one kind from another.
 * A text from outside may become an id, but an id of one kind never becomes one of another: swapped arguments do not compile.
 *
 * @example
 * import type { ChannelId, GuildId } from '#src/base/ids.ts';
 * declare function mayOpen(guildId: GuildId, channelId: ChannelId): boolean;
 * declare const ids: { readonly guildId: GuildId; readonly channelId: ChannelId };
 * // @ts-expect-error: A ChannelId is no GuildId.
 * mayOpen(ids.channelId, ids.guildId);
 */
type DiscordId<Kind> = string & { readonly idOf?: Kind };
export type GuildId = DiscordId<'guild'>;
/** A voice or text channel, or a thread. */
export type ChannelId = DiscordId<'channel'>;
/** A person or a bot: what Discord calls a user. */
export type PersonId = DiscordId<'person'>;
export type MessageId = DiscordId<'message'>;
export type RoleId = DiscordId<'role'>;
