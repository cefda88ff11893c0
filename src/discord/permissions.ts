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

/** Undefined if Discord told too little. */
export function permissionsIn(
  channel: GuildBasedChannel,
  member: GuildMember | Role,
): Permissions | undefined {
  return computed(() => channel.permissionsFor(member));
}

/** Undefined if Discord told too little. A bot without any right is such a case. */
export function ownPermissionsIn(channel: GuildBasedChannel): Permissions | undefined {
  const { me } = channel.guild.members;
  const mine = me && permissionsIn(channel, me);
  return mine && mine.bitfield !== 0n ? mine : undefined;
}

/**
 * Undefined if Discord told too little. The chat of a voice channel needs Connect. Source:
 * Discord docs, "Permissions".
 */
export function mayWriteIn(channel: GuildBasedChannel): boolean | undefined {
  const { Connect, SendMessages, ViewChannel } = Rights;
  const needed = [
    ViewChannel,
    SendMessages,
    ...(channel.isVoiceBased() ? [Connect] : []),
  ];
  return ownPermissionsIn(channel)?.has(needed);
}

export function permissionsOf(member: GuildMember): Permissions | undefined {
  return computed(() => member.permissions);
}

export function roleIdsOf(member: GuildMember): readonly string[] {
  return computed(() => [...member.roles.cache.keys()]) ?? [];
}

/** discord.js throws while roles are unknown. */
function computed<T>(compute: () => T) {
  try {
    return compute();
  } catch {
    return undefined;
  }
}
