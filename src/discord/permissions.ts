import {
  type GuildBasedChannel,
  type GuildMember,
  type PermissionsBitField,
  PermissionFlagsBits as Rights,
  type Role,
} from 'discord.js';
import { type RoleId, toRoleId } from '#src/base/ids.ts';

type Permissions = Readonly<PermissionsBitField>;

/** Rights that a person needs to read the chat of a voice channel. */
export const openRights: readonly bigint[] = [
  Rights.ViewChannel,
  Rights.Connect,
  Rights.ReadMessageHistory,
];

/** Computes the permissions of a member. Undefined if Discord told too little. */
export function findPermissions(
  channel: GuildBasedChannel,
  member: GuildMember | Role,
): Permissions | undefined {
  return tryCompute(() => channel.permissionsFor(member));
}

/** Computes the bot's permissions. Undefined if Discord told too little. */
export function findOwnPermissions(
  channel: GuildBasedChannel,
): Permissions | undefined {
  const { me } = channel.guild.members;
  const permissions = me && findPermissions(channel, me);
  return permissions && permissions.bitfield !== 0n ? permissions : undefined;
}

/** Tests whether the bot may write in a chat. Undefined if Discord told too little. */
export function mayWriteMessages(channel: GuildBasedChannel): boolean | undefined {
  const { Connect, SendMessages, ViewChannel } = Rights;
  // The chat of a voice channel needs Connect. Source: Discord docs, "Permissions".
  const needed = [
    ViewChannel,
    SendMessages,
    ...(channel.isVoiceBased() ? [Connect] : []),
  ];
  return findOwnPermissions(channel)?.has(needed);
}

/** Finds the permissions of a member in the whole server. Undefined if Discord told too little. */
export function findMemberPermissions(member: GuildMember): Permissions | undefined {
  return tryCompute(() => member.permissions);
}

/** Lists the roles of a member. Empty if Discord told too little. */
export function listRoleIds(member: GuildMember): readonly RoleId[] {
  return tryCompute(() => [...member.roles.cache.keys()].map(toRoleId)) ?? [];
}

/**
 * Computes permissions. Undefined where discord.js throws, as while roles are unknown.
 */
function tryCompute<T>(compute: () => T) {
  try {
    return compute();
  } catch {
    return undefined;
  }
}
