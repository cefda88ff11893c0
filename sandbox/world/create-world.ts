import type { Clock } from '#src/base/clock.ts';
import {
  type GuildId,
  toChannelId,
  toGuildId,
  toPersonId,
  toRoleId,
} from '#src/base/ids.ts';
import {
  type Channel,
  type Guild,
  getEveryoneRoleId,
  type Member,
  type User,
  type World,
} from './world.ts';
import { everyonePermissions, invitePermissions } from './world-permissions.ts';

/** A server as it is at first. */
export type GuildOptions = {
  /** Default: `Sandbox`, `Sandbox 2` and so on. */
  readonly guildName?: string;
  /** Owner of the server, with all rights in it. Default `Olga`. */
  readonly ownerName?: string;
  /** Default: `general`, voice channels `Lounge` and `Workshop`, and no stages. */
  readonly textChannels?: readonly string[];
  readonly voiceChannels?: readonly string[];
  readonly stageChannels?: readonly string[];
  /** Text channel in which Discord announces new members. Default: none. */
  readonly systemChannel?: string;
  /** Language of the server, as Discord writes it. Default `en-US`. */
  readonly locale?: string;
};
/** Fields of a server are those of the first one. */
export type WorldOptions = GuildOptions & {
  /** Default `Nova`. */
  readonly botName?: string;
  /** Members of the team that owns the bot, its owner first. Default: the owner of the first server alone. */
  readonly team?: readonly string[];
  /** Instant at which the first server was made, in ms since 1970: sandboxes of one instant have the same ids at first. Default: now. */
  readonly madeAtMs?: number;
};

const defaultLocale = 'en-US';

/**
 * Creates one server as it stands before anybody does anything: channels, roles, its
 * owner and the bot.
 */
export function createWorld(options: WorldOptions, clock: Clock): World {
  let { madeAtMs } = options;
  const ids = new Snowflakes(() => madeAtMs ?? clock.wallMs());
  const botId = toPersonId(ids.mintId());
  const bot: User = { id: botId, name: options.botName ?? 'Nova', bot: true };
  const deps = { ids, clock, bot, people: new Map<string, User>() };
  const guild = createGuild(deps, options);
  const team = options.team?.map((name) => findOrMakeUser(deps, name));
  madeAtMs = undefined; // later channels and roles have ids of their own
  return {
    ...deps,
    team,
    guild,
    guilds: [guild],
    commands: [],
    directChannels: new Map(),
  };
}

/** Adds another server that the bot is invited to. */
export function addGuild(world: World, options: GuildOptions): Guild {
  const guildName = `Sandbox ${world.guilds.length + 1}`;
  const guild = createGuild(world, { guildName, ...options });
  world.guilds = [...world.guilds, guild];
  return guild;
}

/** Adds a new member of that name. The person may be in other servers already. */
export function enterGuild(world: World, guild: Guild, name: string): Member {
  const member = makeMember(findOrMakeUser(world, name), formatJoinTime(world));
  guild.members.set(member.user.id, member);
  return member;
}

/** Makes a channel with an id of its own, and without overwrites or a limit. */
export function makeChannel(
  { ids }: Pick<World, 'ids'>,
  fields: Pick<Channel, 'name' | 'kind' | 'position'> & Partial<Channel>,
): Channel {
  return { id: toChannelId(ids.mintId()), overwrites: [], userLimit: 0, ...fields };
}

type WorldDeps = Pick<World, 'ids' | 'clock' | 'bot' | 'people'>;

function createGuild(deps: WorldDeps, options: GuildOptions): Guild {
  const { ids, bot } = deps;
  const owner = findOrMakeUser(deps, options.ownerName ?? 'Olga');
  const id = ids.mintGuildId();
  const joinedAt = formatJoinTime(deps);
  const botRoleId = toRoleId(ids.mintId());
  const channels = makeChannels(deps, options);
  return {
    id,
    name: options.guildName ?? 'Sandbox',
    ownerId: owner.id,
    joinedAt,
    locale: options.locale ?? defaultLocale,
    systemChannelId:
      channels.find(({ name }) => name === options.systemChannel)?.id ?? null,
    roles: [
      {
        id: getEveryoneRoleId({ id }),
        name: '@everyone',
        permissions: everyonePermissions,
        position: 0,
      },
      {
        id: botRoleId,
        name: bot.name,
        permissions: invitePermissions,
        position: 1,
        botId: bot.id,
      },
    ],
    channels,
    members: new Map([
      [owner.id, makeMember(owner, joinedAt)],
      [bot.id, { ...makeMember(bot, joinedAt), roleIds: [botRoleId] }],
    ]),
    voiceStates: new Map(),
    soundboard: [],
  };
}

function makeChannels(deps: WorldDeps, options: GuildOptions) {
  const { textChannels = ['general'], stageChannels = [] } = options;
  const { voiceChannels = ['Lounge', 'Workshop'] } = options;
  const channelNames = {
    text: textChannels,
    voice: voiceChannels,
    stage: stageChannels,
  } as const;
  return (['text', 'voice', 'stage'] as const).flatMap((kind) =>
    channelNames[kind].map((name, position) =>
      makeChannel(deps, { name, kind, position }),
    ),
  );
}

/** Finds or makes a user by name: one person in every server. */
function findOrMakeUser({ ids, people }: WorldDeps, name: string): User {
  const user = people.get(name) ?? { id: toPersonId(ids.mintId()), name, bot: false };
  people.set(name, user);
  return user;
}

function makeMember(user: User, joinedAt: string): Member {
  return {
    user,
    joinedAt,
    roleIds: [],
    locale: defaultLocale,
    muted: false,
    deafened: false,
    timedOutUntilMs: undefined,
  };
}

function formatJoinTime({ clock }: Pick<World, 'clock'>) {
  return new Date(clock.wallMs()).toISOString();
}

/** Milliseconds since 1970 at which Discord's ids begin. Source: https://discord.com/developers/docs/reference#snowflakes */
const discordEpochMs = 1_420_070_400_000;

/** Smallest number that 1 to 16 divide. As milliseconds it is 12 minutes. */
const shardableStep = 720_720;

/** Mints ids as Discord does: time in the high bits, so that they sort and tell their age. */
export class Snowflakes {
  readonly #wallMs: () => number;
  #mintedCount = 0;
  /** Instant of the first server. */
  #firstAtMs: number | undefined;
  #guildCount = 0;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  /** Makes an id of anything but a server. 4096 ids of one millisecond differ. */
  mintId(): string {
    const count = this.#mintedCount++ & 0xfff;
    return ((BigInt(this.#getSinceEpochMs()) << 22n) | BigInt(count)).toString();
  }

  /**
   * Makes the id of a server: the first one is on shard 0, each further one on the next
   * shard, for every count up to 16.
   */
  mintGuildId(): GuildId {
    this.#firstAtMs ??= this.#getSinceEpochMs();
    // Servers of sandboxes that were opened within these minutes differ in the low bits.
    const restMs = this.#firstAtMs % shardableStep;
    const madeAtMs = this.#firstAtMs - restMs + this.#guildCount++;
    return toGuildId(`${(BigInt(madeAtMs) << 22n) | BigInt(restMs)}`);
  }

  #getSinceEpochMs() {
    return Math.max(0, Math.trunc(this.#wallMs() - discordEpochMs));
  }
}
