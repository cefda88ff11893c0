import type { Clock } from '#src/base/clock.ts';
import {
  type ChannelId,
  type GuildId,
  type PersonId,
  type RoleId,
  toPersonId,
  toRoleId,
} from '#src/base/ids.ts';
import type { Snowflakes } from './create-world.ts';

/** A person or a bot, in whatever servers. */
export type User = {
  readonly id: PersonId;
  readonly name: string;
  readonly bot: boolean;
};
/** A user in one server. */
export type Member = {
  readonly user: User;
  readonly joinedAt: string;
  roleIds: readonly RoleId[];
  /** Language of this person's Discord. */
  locale: string;
  /** By a moderator, in every channel of the server. */
  muted: boolean;
  deafened: boolean;
  /** Milliseconds since 1970. */
  timedOutUntilMs: number | undefined;
};
/** A role of one server. `@everyone` has the id of the server. */
export type GuildRole = {
  readonly id: RoleId;
  readonly name: string;
  readonly position: number;
  /** The bot that owns this role. */
  readonly botId?: PersonId;
  permissions: bigint;
};
/** Overwrite of one channel for a role or a member. */
export type PermissionOverwrite = (
  | { readonly of: 'role'; readonly id: RoleId }
  | { readonly of: 'member'; readonly id: PersonId }
) & { readonly allow: bigint; readonly deny: bigint };
export type ChannelKind = 'text' | 'voice' | 'stage' | 'thread';
/** A channel or a thread of one server. */
export type Channel = {
  readonly id: ChannelId;
  readonly kind: ChannelKind;
  readonly position: number;
  /** Parent channel of a thread, which gives the thread its permissions. */
  readonly parentId?: ChannelId;
  /** Owner of a thread. */
  readonly ownerId?: PersonId;
  name: string;
  /** A thread that sleeps: its messages cannot be edited. */
  archived?: boolean;
  overwrites: readonly PermissionOverwrite[];
  /** 0: no limit. */
  userLimit: number;
  /** Text below the name of a voice channel. Absent: none. */
  status?: string | undefined;
};
/** A person's seat in a voice or stage channel. */
export type VoiceState = {
  readonly userId: PersonId;
  readonly channelId: ChannelId;
  readonly sessionId: string;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
  /** Audience: on a stage, or without the right to speak. */
  readonly suppressed: boolean;
  /** Instant at which a hand was raised on a stage, as ISO 8601. */
  readonly handRaisedAt: string | null;
};
/** One server. Called a guild here, as in Discord's own names, since programs on ports are servers, too. */
export type Guild = {
  readonly id: GuildId;
  readonly name: string;
  readonly ownerId: PersonId;
  readonly joinedAt: string;
  locale: string;
  readonly systemChannelId: ChannelId | null;
  roles: readonly GuildRole[];
  channels: readonly Channel[];
  readonly members: Map<PersonId, Member>;
  /** Voice states by user. People in no channel have none. */
  readonly voiceStates: Map<PersonId, VoiceState>;
  /** Sounds of the soundboard. The bytes are a file of this Discord with that id. */
  soundboard: readonly { readonly id: string; readonly name: string }[];
};

/** A slash command as the bot registered it, in Discord's own JSON. */
export type RegisteredCommand = {
  readonly id: string;
  /** Absent for a global one. */
  readonly guildId?: GuildId;
  readonly version: string;
  readonly body: RegisteredBody;
};
/** A command in Discord's own JSON. */
export type RegisteredBody = {
  readonly name: string;
  readonly type: number;
  readonly options?: readonly RegisteredOption[];
  readonly [key: string]: unknown;
};
/** An option, a subcommand or a group of them. */
export type RegisteredOption = {
  readonly name: string;
  readonly type: number;
  readonly required?: boolean;
  readonly options?: readonly RegisteredOption[];
  readonly [key: string]: unknown;
};

/** Everything this Discord knows: servers, people, one bot. Plain data, changed in place. */
export type World = {
  readonly ids: Snowflakes;
  readonly clock: Clock;
  readonly bot: User;
  /** Members of the team that owns the bot, its owner first. */
  readonly team?: readonly User[];
  /** The first server, which is always there. */
  readonly guild: Guild;
  /** All servers the bot is in, the first one included. */
  guilds: readonly Guild[];
  /** People by name, in whatever servers they are. */
  readonly people: Map<string, User>;
  commands: readonly RegisteredCommand[];
  /** Readers of the direct channels that the bot opened, by id of the channel. */
  readonly directChannels: Map<ChannelId, User>;
};

/** Gets the id of the role `@everyone`, which is the server's own id. Source: https://discord.com/developers/docs/topics/permissions#role-object */
export function getEveryoneRoleId({ id }: Pick<Guild, 'id'>): RoleId {
  return toRoleId(id);
}

/** Finds a server that the bot is in. */
export function findGuild(world: World, id: GuildId): Guild | undefined {
  return world.guilds.find((guild) => guild.id === id);
}

/** Finds a channel by id, or by name as people see it. */
export function findChannel(guild: Guild, idOrName: string): Channel | undefined {
  return guild.channels.find(({ id, name }) => id === idOrName || name === idOrName);
}

/** Finds a channel by name or id. Throws a plain Error when there is none. */
export function requireChannel(guild: Guild, name: string): Channel {
  const channel = findChannel(guild, name);
  if (!channel) throw new Error(`There is no channel ${name} here.`);
  return channel;
}

/** A channel of any server, and that server. */
export type ChannelPlace = { readonly guild: Guild; readonly channel: Channel };

/** Finds a channel of any server that the bot is in. Direct channels are none. */
export function findPlace(
  world: World,
  channelId: ChannelId,
): ChannelPlace | undefined {
  for (const guild of world.guilds) {
    const channel = guild.channels.find(({ id }) => id === channelId);
    if (channel) return { guild, channel };
  }
  return undefined;
}

/** Finds a member by id, or by name as people see it. */
export function findMember(guild: Guild, idOrName: string): Member | undefined {
  const byId = guild.members.get(toPersonId(idOrName));
  return byId ?? [...guild.members.values()].find(({ user }) => user.name === idOrName);
}

/** Finds a role by id or name. */
export function findRole(guild: Guild, idOrName: string): GuildRole | undefined {
  return guild.roles.find(({ id, name }) => id === idOrName || name === idOrName);
}

/** Lists everybody in the voice channel. */
export function listSeated(guild: Guild, channelId: ChannelId): readonly VoiceState[] {
  return [...guild.voiceStates.values()].filter(
    (state) => state.channelId === channelId,
  );
}

/** Tests whether people can sit in a channel. */
export function isVoiceKind({ kind }: Channel): boolean {
  return kind === 'voice' || kind === 'stage';
}
