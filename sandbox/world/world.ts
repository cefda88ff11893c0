import type { Clock } from '#src/base/clock.ts';
import type { Snowflakes } from './create-world.ts';

export type User = {
  readonly id: string;
  readonly name: string;
  readonly bot: boolean;
};
export type Member = {
  readonly user: User;
  readonly joinedAt: string;
  roleIds: readonly string[];
  /** Language of this person's Discord. */
  locale: string;
  /** By a moderator, in every channel of the server. */
  muted: boolean;
  deafened: boolean;
  /** Milliseconds since 1970. */
  timedOutUntilMs: number | undefined;
};
export type GuildRole = {
  readonly id: string;
  readonly name: string;
  readonly position: number;
  /** The bot that owns this role. */
  readonly botId?: string;
  permissions: bigint;
};
/** Overwrite of one channel for a role or a member. */
export type PermissionOverwrite = {
  readonly id: string;
  readonly of: 'role' | 'member';
  readonly allow: bigint;
  readonly deny: bigint;
};
export type ChannelKind = 'text' | 'voice' | 'stage' | 'thread';
export type Channel = {
  readonly id: string;
  readonly kind: ChannelKind;
  readonly position: number;
  /** Parent channel of a thread, which gives the thread its permissions. */
  readonly parentId?: string;
  /** Owner of a thread. */
  readonly ownerId?: string;
  name: string;
  /** A thread that sleeps: its messages cannot be edited. */
  archived?: boolean;
  overwrites: readonly PermissionOverwrite[];
  /** 0: no limit. */
  userLimit: number;
  /** Text below the name of a voice channel. Absent: none. */
  status?: string | undefined;
};
export type VoiceState = {
  readonly userId: string;
  readonly channelId: string;
  readonly sessionId: string;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
  /** Audience: on a stage, or without the right to speak. */
  readonly suppressed: boolean;
  /** When a hand was raised on a stage. */
  readonly handRaisedAt: string | null;
};
/** One server. Called a guild here, as in Discord's own names, since programs on ports are servers, too. */
export type Guild = {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  readonly joinedAt: string;
  readonly locale: string;
  readonly systemChannelId: string | null;
  roles: readonly GuildRole[];
  channels: readonly Channel[];
  readonly members: Map<string, Member>;
  /** Voice states by user. People in no channel have none. */
  readonly voiceStates: Map<string, VoiceState>;
};

/** A slash command as the bot registered it, in Discord's own JSON. */
export type RegisteredCommand = {
  readonly id: string;
  /** Absent for a global one. */
  readonly guildId?: string;
  readonly version: string;
  readonly body: RegisteredBody;
};
export type RegisteredBody = {
  readonly name: string;
  readonly type: number;
  readonly options?: readonly RegisteredOption[];
  readonly [key: string]: unknown;
};
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
  readonly directChannels: Map<string, User>;
};

export function guildWithId(world: World, id: string) {
  return world.guilds.find((guild) => guild.id === id);
}

/** Finds a channel by id, or by name as people see it. */
export function findChannel(guild: Guild, idOrName: string) {
  return guild.channels.find((each) => each.id === idOrName || each.name === idOrName);
}

/** Finds a channel by name or id. Throws a plain Error when there is none. */
export function requireChannel(guild: Guild, name: string) {
  const channel = findChannel(guild, name);
  if (!channel) throw new Error(`There is no channel ${name} here.`);
  return channel;
}

/** A channel of any server, and that server. */
export type ChannelPlace = { readonly guild: Guild; readonly channel: Channel };

export function findPlace(world: World, channelId: string): ChannelPlace | undefined {
  for (const guild of world.guilds) {
    const channel = guild.channels.find(({ id }) => id === channelId);
    if (channel) return { guild, channel };
  }
  return undefined;
}

/** Finds a member by id, or by name as people see it. */
export function findMember(guild: Guild, idOrName: string) {
  const byId = guild.members.get(idOrName);
  return byId ?? [...guild.members.values()].find(({ user }) => user.name === idOrName);
}

/** Finds a role by id or name. */
export function findRole(guild: Guild, idOrName: string) {
  return guild.roles.find(({ id, name }) => id === idOrName || name === idOrName);
}

/** Lists everybody in the voice channel. */
export function listSeated(guild: Guild, channelId: string): readonly VoiceState[] {
  return [...guild.voiceStates.values()].filter(
    (state) => state.channelId === channelId,
  );
}

export function isVoiceKind({ kind }: Channel) {
  return kind === 'voice' || kind === 'stage';
}
