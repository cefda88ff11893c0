/**
 * Ids of Discord are all snowflakes, texts of up to 20 digits, so nothing but its type tells one kind from another.
 * These types are global like `string`, which they replace: nearly every folder names them.
 * A text from outside may become an id, but an id of one kind never becomes one of another: swapped arguments do not compile.
 *
 * @example
 * declare function mayOpen(guildId: GuildId, channelId: ChannelId): boolean;
 * declare const ids: { readonly guildId: GuildId; readonly channelId: ChannelId };
 * // @ts-expect-error: A ChannelId is no GuildId.
 * mayOpen(ids.channelId, ids.guildId);
 */
type DiscordId<Kind> = string & { readonly idOf?: Kind };
type GuildId = DiscordId<'guild'>;
/** A voice or text channel, or a thread. */
type ChannelId = DiscordId<'channel'>;
/** A person or a bot: what Discord calls a user. */
type PersonId = DiscordId<'person'>;
type MessageId = DiscordId<'message'>;
type RoleId = DiscordId<'role'>;
