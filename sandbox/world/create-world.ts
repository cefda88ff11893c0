import type { Clock } from '#src/base/clock.ts';
import type { Channel, Guild, Member, User, World } from './world.ts';
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
  /** When the first server was made, in ms since 1970: sandboxes of one instant have the same ids at first. Default: now. */
  readonly madeAtMs?: number;
};

const defaultLocale = 'en-US';

/**
 * Creates one server as it stands before anybody does anything: channels, roles, its
 * owner and the bot.
 */
export function createWorld(options: WorldOptions, clock: Clock): World {
  let { madeAtMs } = options;
  const ids = createSnowflakes(() => madeAtMs ?? clock.wallMs());
  const bot: User = { id: ids.mintId(), name: options.botName ?? 'Nova', bot: true };
  const soil = { ids, clock, bot, people: new Map<string, User>() };
  const guild = createGuild(soil, options);
  const team = options.team?.map((name) => findOrMakeUser(soil, name));
  madeAtMs = undefined; // later channels and roles have ids of their own
  return {
    ...soil,
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

export function makeChannel(
  { ids }: Pick<World, 'ids'>,
  fields: Pick<Channel, 'name' | 'kind' | 'position'> & Partial<Channel>,
) {
  return { id: ids.mintId(), overwrites: [], userLimit: 0, ...fields };
}

type WorldSources = Pick<World, 'ids' | 'clock' | 'bot' | 'people'>;

function createGuild(soil: WorldSources, options: GuildOptions) {
  const { ids, bot } = soil;
  const owner = findOrMakeUser(soil, options.ownerName ?? 'Olga');
  const id = ids.mintGuildId();
  const joinedAt = formatJoinTime(soil);
  const botRoleId = ids.mintId();
  const channels = makeChannels(soil, options);
  return {
    id,
    name: options.guildName ?? 'Sandbox',
    ownerId: owner.id,
    joinedAt,
    locale: options.locale ?? defaultLocale,
    systemChannelId:
      channels.find(({ name }) => name === options.systemChannel)?.id ?? null,
    roles: [
      { id, name: '@everyone', permissions: everyonePermissions, position: 0 },
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
  };
}

function makeChannels(soil: WorldSources, options: GuildOptions) {
  const { textChannels = ['general'], stageChannels = [] } = options;
  const { voiceChannels = ['Lounge', 'Workshop'] } = options;
  const all = {
    text: textChannels,
    voice: voiceChannels,
    stage: stageChannels,
  } as const;
  return (['text', 'voice', 'stage'] as const).flatMap((kind) =>
    all[kind].map((name, position) => makeChannel(soil, { name, kind, position })),
  );
}

/** Finds or makes a user by name: one person in every server. */
function findOrMakeUser({ ids, people }: WorldSources, name: string) {
  const user = people.get(name) ?? { id: ids.mintId(), name, bot: false };
  people.set(name, user);
  return user;
}

function makeMember(user: User, joinedAt: string) {
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

export type Snowflakes = ReturnType<typeof createSnowflakes>;

/** Mints ids as Discord does: time in the high bits, so that they sort and tell their age. */
export function createSnowflakes(wallMs: () => number) {
  let mintedCount = 0;
  /** Instant of the first server. */
  let firstAtMs: number | undefined;
  let guildCount = 0;

  function getSinceEpochMs() {
    return Math.max(0, Math.trunc(wallMs() - discordEpochMs));
  }

  return {
    mintId() {
      const count = mintedCount++ & 0xfff;
      return ((BigInt(getSinceEpochMs()) << 22n) | BigInt(count)).toString();
    },

    /**
     * Makes the id of a server: the first one is on shard 0, each further one on the next
     * shard, for every count up to 16.
     */
    mintGuildId() {
      firstAtMs ??= getSinceEpochMs();
      // Servers of sandboxes that were opened within these minutes differ in the low bits.
      const restMs = firstAtMs % shardableStep;
      const madeAtMs = firstAtMs - restMs + guildCount++;
      return ((BigInt(madeAtMs) << 22n) | BigInt(restMs)).toString();
    },
  };
}
