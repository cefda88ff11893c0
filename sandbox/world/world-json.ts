import type { Channel, Guild, GuildRole, Member, RegisteredCommand, User, World } from './world.ts';
import { permissionsOf } from './world-permissions.ts';

/** A JSON object on the wire. */
export type Json = Readonly<Record<string, unknown>>;

export function userJson(user: User): Json {
  return {
    id: user.id,
    username: user.name.toLowerCase(),
    global_name: user.name,
    discriminator: '0',
    avatar: null,
    bot: user.bot,
    flags: 0,
  };
}

export function memberJson(member: Member): Json {
  const until = member.timedOutUntilMs;
  return {
    user: userJson(member.user),
    nick: null,
    avatar: null,
    roles: member.roleIds,
    joined_at: member.joinedAt,
    communication_disabled_until: until === undefined ? null : new Date(until).toISOString(),
    deaf: member.deafened,
    mute: member.muted,
    pending: false,
    flags: 0,
  };
}

export function roleJson(role: GuildRole): Json {
  return {
    id: role.id,
    name: role.name,
    color: 0,
    position: role.position,
    permissions: role.permissions.toString(),
    managed: role.botId !== undefined,
    mentionable: false,
    flags: 0,
    ...(role.botId !== undefined && { tags: { bot_id: role.botId } }),
  };
}

/** Without `install_params`: discord.js 14.28.1 fails on a null there. */
export function applicationJson(world: World, flags: number): Json {
  const owner = world.guild.members.get(world.guild.ownerId);
  return {
    id: world.bot.id,
    name: world.bot.name,
    description: '',
    bot_public: false,
    flags,
    tags: [],
    team: world.team ? teamJson(world.bot.id, world.team) : null,
    bot: userJson(world.bot),
    approximate_guild_count: world.guilds.length,
    owner: owner && userJson(owner.user),
  };
}

function teamJson(id: string, members: readonly User[]): Json {
  const [owner] = members;
  return {
    id,
    name: 'Team',
    owner_user_id: owner?.id ?? id,
    members: members.map((user) => ({
      membership_state: 2,
      role: user === owner ? 'admin' : 'developer',
      team_id: id,
      user: userJson(user),
    })),
  };
}

export function commandJson(world: World, command: RegisteredCommand): Json {
  return {
    default_member_permissions: null,
    nsfw: false,
    description: '',
    ...command.body,
    id: command.id,
    application_id: world.bot.id,
    version: command.version,
    guild_id: command.guildId,
  };
}

/** A member as an interaction carries them: with their permissions in the channel. */
export function callerJson(world: World, guild: Guild, member: Member, channel: Channel): Json {
  const permissions = permissionsOf(world, guild, member.user.id, channel);
  return { ...memberJson(member), permissions: permissions.toString() };
}
