/**
 * Ids of Discord are all snowflakes, texts of up to 20 digits, so nothing but its type tells one kind from another.
 * Each kind has a required brand: a plain text, or an id of another kind, does not compile where an id is expected.
 * `toGuildId` and its siblings make an id where data enters: Discord's events, rows of tables, requests over HTTP and `.env`.
 *
 * @example
 * import { type ChannelId, type GuildId, toChannelId, toGuildId } from '#src/base/ids.ts';
 * declare function mayOpen(guildId: GuildId, channelId: ChannelId): boolean;
 * mayOpen(toGuildId('41'), toChannelId('42'));
 * // @ts-expect-error: A ChannelId is no GuildId.
 * mayOpen(toChannelId('42'), toGuildId('41'));
 * // @ts-expect-error: A text is no id.
 * mayOpen('41', '42');
 */
declare const kind: unique symbol;
/** A snowflake of one kind. The brand exists for the compiler alone. */
type DiscordId<Kind extends string> = string & { readonly [kind]: Kind };

/** A server. */
export type GuildId = DiscordId<'guild'>;
/** A voice or text channel, or a thread. */
export type ChannelId = DiscordId<'channel'>;
/** A person or a bot: what Discord calls a user. */
export type PersonId = DiscordId<'person'>;
export type MessageId = DiscordId<'message'>;
export type RoleId = DiscordId<'role'>;
export type WebhookId = DiscordId<'webhook'>;

export function toGuildId(text: string): GuildId {
  return text as GuildId;
}

export function toChannelId(text: string): ChannelId {
  return text as ChannelId;
}

export function toPersonId(text: string): PersonId {
  return text as PersonId;
}

export function toMessageId(text: string): MessageId {
  return text as MessageId;
}

export function toRoleId(text: string): RoleId {
  return text as RoleId;
}

export function toWebhookId(text: string): WebhookId {
  return text as WebhookId;
}

/** No person: work that the operator or the bot itself asked for. */
export const nobody: PersonId = toPersonId('');

/** No server: work of the whole process, for all servers together. */
export const noGuild: GuildId = toGuildId('');

const programIdPrefix = 'token:';

/** Makes the id of a program, with a prefix that no person's id has. */
export function toProgramId(tokenName: string): PersonId {
  return toPersonId(`${programIdPrefix}${tokenName}`); // it stands where a person's id does
}

/** Tests whether an id is of a program. */
export function isProgram(id: PersonId): boolean {
  return id.startsWith(programIdPrefix);
}
