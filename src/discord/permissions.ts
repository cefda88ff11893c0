import {
  type GuildBasedChannel,
  type GuildMember,
  type PermissionsBitField,
  PermissionFlagsBits as Rights,
  type Role,
} from 'discord.js';

type Permissions = Readonly<PermissionsBitField>;

/** Rights of people who may open a voice channel and read what was said there. */
export const openRights = [
  Rights.ViewChannel,
  Rights.Connect,
  Rights.ReadMessageHistory,
];

/** Permissions of a member, or of a role alone, in a channel; undefined where Discord told too little of the server to know. */
export function permissionsIn(
  channel: GuildBasedChannel,
  member: GuildMember | Role,
): Permissions | undefined {
  return computed(() => channel.permissionsFor(member));
}

/**
 * Permissions of the bot in a channel; undefined where Discord told too little: a bot without a single right is rather one of whose
 * rights the server told nothing.
 */
export function ownPermissionsIn(channel: GuildBasedChannel): Permissions | undefined {
  const { me } = channel.guild.members;
  const mine = me && permissionsIn(channel, me);
  return mine && mine.bitfield !== 0n ? mine : undefined;
}

/**
 * Whether the bot may write in a channel; undefined where Discord told too little of the server to know. The chat of a voice
 * channel takes nothing from people who may not enter it. Source: Discord docs, "Permissions".
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

/** Permissions of a member in a server; as `permissionsIn`. */
export function permissionsOf(member: GuildMember): Permissions | undefined {
  return computed(() => member.permissions);
}

/** Ids of the roles of a member; none where Discord told nothing of them. */
export function roleIdsOf(member: GuildMember): readonly string[] {
  return computed(() => [...member.roles.cache.keys()]) ?? [];
}

/** discord.js throws where the role @everyone, the rights of a role, or the list of a member's roles are missing. */
function computed<T>(compute: () => T) {
  try {
    return compute();
  } catch {
    return undefined;
  }
}
