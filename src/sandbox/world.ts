import type { Clock } from '#src/base/clock.ts';
import { Snowflakes } from './world-ids.ts';
import { everyonePermissions, invitePermissions } from './world-permissions.ts';

export type User = { readonly id: string; readonly name: string; readonly bot: boolean };
export type Member = {
  readonly user: User;
  readonly roleIds: readonly string[];
  readonly joinedAt: string;
};
export type Role = {
  readonly id: string;
  readonly name: string;
  readonly permissions: bigint;
  readonly position: number;
  /** The bot whose own role this is. */
  readonly botId?: string;
};
export type Overwrite = { readonly roleId: string; readonly allow: bigint; readonly deny: bigint };
export type Channel = {
  readonly id: string;
  readonly name: string;
  readonly kind: 'text' | 'voice';
  readonly position: number;
  overwrites: readonly Overwrite[];
};
export type VoiceState = {
  readonly userId: string;
  readonly channelId: string;
  readonly sessionId: string;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
};
export type Guild = {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  readonly joinedAt: string;
  readonly roles: readonly Role[];
  readonly channels: readonly Channel[];
  readonly members: Map<string, Member>;
  /** By user; whoever is in no channel has none. */
  readonly voiceStates: Map<string, VoiceState>;
};

/** A slash command as the bot registered it, in Discord's own JSON. */
export type RegisteredCommand = {
  readonly id: string;
  /** Absent for a global one. */
  readonly guildId?: string;
  readonly version: string;
  readonly body: CommandBody;
};
export type CommandBody = {
  readonly name: string;
  readonly type: number;
  readonly options?: readonly OptionBody[] | undefined;
  readonly [key: string]: unknown;
};
export type OptionBody = {
  readonly name: string;
  readonly type: number;
  readonly required?: boolean | undefined;
  readonly options?: readonly OptionBody[] | undefined;
  readonly [key: string]: unknown;
};

/** Everything this Discord knows: one server, its people, one bot. Plain data, changed in place. */
export type World = {
  readonly ids: Snowflakes;
  readonly clock: Clock;
  readonly bot: User;
  readonly guild: Guild;
  commands: readonly RegisteredCommand[];
};

export type WorldOptions = {
  readonly botName: string;
  readonly guildName: string;
  readonly ownerName: string;
  readonly textChannels: readonly string[];
  readonly voiceChannels: readonly string[];
};

/** More people than this do not fit in. */
const memberLimit = 500;

/** The server as it stands before anybody does anything: channels, roles, its owner and the bot. */
export function createWorld(options: WorldOptions, clock: Clock): World {
  const ids = new Snowflakes(() => clock.wallMs());
  const bot: User = { id: ids.next(), name: options.botName, bot: true };
  const owner: User = { id: ids.next(), name: options.ownerName, bot: false };
  const guildId = ids.next();
  const joinedAt = new Date(clock.wallMs()).toISOString();
  const botRole = ownRole(ids.next(), bot);
  const guild: Guild = {
    id: guildId,
    name: options.guildName,
    ownerId: owner.id,
    joinedAt,
    roles: [
      { id: guildId, name: '@everyone', permissions: everyonePermissions, position: 0 },
      botRole,
    ],
    channels: [
      ...options.textChannels.map((name, position) => channel(ids.next(), name, 'text', position)),
      ...options.voiceChannels.map((name, place) => channel(ids.next(), name, 'voice', place)),
    ],
    members: new Map(),
    voiceStates: new Map(),
  };
  guild.members.set(owner.id, { user: owner, roleIds: [], joinedAt });
  guild.members.set(bot.id, { user: bot, roleIds: [botRole.id], joinedAt });
  return { ids, clock, bot, guild, commands: [] };
}

/** The member called `name`, who enters the server if nobody is called so. */
export function memberNamed(world: World, name: string): Member {
  const { members } = world.guild;
  for (const member of members.values()) if (member.user.name === name) return member;
  if (members.size >= memberLimit) throw new Error(`The server is full (${memberLimit}).`);
  const user: User = { id: world.ids.next(), name, bot: false };
  const member: Member = {
    user,
    roleIds: [],
    joinedAt: new Date(world.clock.wallMs()).toISOString(),
  };
  members.set(user.id, member);
  return member;
}

/** By id, or by name as people see it. */
export function findChannel(world: World, idOrName: string): Channel | undefined {
  const { channels } = world.guild;
  return channels.find((each) => each.id === idOrName || each.name === idOrName);
}

/** Throws a plain Error when there is none of that name or id. */
export function knownChannel(world: World, name: string): Channel {
  const channel = findChannel(world, name);
  if (!channel) throw new Error(`There is no channel ${name} here.`);
  return channel;
}

function channel(id: string, name: string, kind: Channel['kind'], position: number): Channel {
  return { id, name, kind, position, overwrites: [] };
}

function ownRole(id: string, bot: User): Role {
  return { id, name: bot.name, permissions: invitePermissions, position: 1, botId: bot.id };
}
