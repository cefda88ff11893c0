import {
  type GuildBasedChannel,
  type GuildMember,
  type PermissionsBitField,
  PermissionFlagsBits as Rights,
  type Role,
} from 'discord.js';

type Permissions = Readonly<PermissionsBitField>;

export const openRights = [
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
  const mine = me && findPermissions(channel, me);
  return mine && mine.bitfield !== 0n ? mine : undefined;
}

/** Undefined if Discord told too little. */
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

export function permissionsOf(member: GuildMember): Permissions | undefined {
  return tryCompute(() => member.permissions);
}

export function roleIdsOf(member: GuildMember): readonly string[] {
  return tryCompute(() => [...member.roles.cache.keys()]) ?? [];
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
