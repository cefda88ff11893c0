import { RateWindow } from '#sandbox/rate-window.ts';
import type { Guild, World } from '#sandbox/world/world.ts';
import { type Json, toGuildCreateJson, toUserJson } from '#sandbox/world/world-json.ts';
import type { GuildId } from '#src/base/ids.ts';
import { intents } from './gateway-wire.ts';

/** A share of the servers, for which `(id >> 22) mod count` is `id`. Source: https://discord.com/developers/docs/events/gateway#sharding */
export type Shard = { readonly id: number; readonly count: number };

/** Shards that the gateway recommends, and its login limits. */
export type GatewayRules = {
  /** Shards that `GET /gateway/bot` recommends; default: one for every `guildsPerShard` servers. */
  readonly recommendedShards?: number;
  /** A login for more servers than this is closed with 4011; Discord: 2500. */
  readonly guildsPerShard: number;
  /** Buckets in which identifies are counted, by `shard id mod maxConcurrency`. */
  readonly maxConcurrency: number;
  /** Time, in ms, in which a bucket takes one identify; a second one gets op 9. 0: not limited; Discord: 5000. */
  readonly identifyEveryMs: number;
  /** Messages that a connection may send in a minute, heartbeats included, before it is closed with 4008; Discord: 120. */
  readonly messagesPerMinute: number;
  /** Identifies that the bot is told it may make in a day; those made count against them. */
  readonly startsPerDay: number;
};

/** Rules without login limits, the default: a bare bot in a test may log in as often as it likes. */
export const lenientGatewayRules: GatewayRules = {
  guildsPerShard: 2500,
  maxConcurrency: 1,
  identifyEveryMs: 0,
  messagesPerMinute: Number.POSITIVE_INFINITY,
  startsPerDay: 1000, // https://discord.com/developers/docs/events/gateway#session-start-limit-object
};

/** Limits of the real gateway. Source: https://discord.com/developers/docs/events/gateway#rate-limiting */
export const discordGatewayLimits: Pick<
  GatewayRules,
  'identifyEveryMs' | 'messagesPerMinute'
> = { identifyEveryMs: 5000, messagesPerMinute: 120 };

const idShift = 22n;

/** Tests whether a server belongs to this shard. */
export function isOnShard(guildId: GuildId, { id, count }: Shard): boolean {
  return (BigInt(guildId) >> idShift) % BigInt(count) === BigInt(id);
}

/**
 * Parses the shard of an identify, by default the only one. Undefined for an impossible
 * one (4010).
 */
export function parseShard(
  pair: readonly [number, number] | undefined,
): Shard | undefined {
  const [id, count] = pair ?? [0, 1];
  return id >= 0 && id < count ? { id, count } : undefined;
}

/** Counts identifies by bucket. */
export class IdentifyLimit {
  readonly #windows = new Map<number, RateWindow>();
  #starts = 0;

  /** Number of identifies so far. */
  get starts(): number {
    return this.#starts;
  }

  /**
   * Counts an identify. Returns false when the bucket of this shard has had its identify,
   * which is then not counted.
   */
  takeIdentify({ id }: Shard, rules: GatewayRules, nowMs: number): boolean {
    const bucket = id % rules.maxConcurrency;
    const window = this.#windows.get(bucket) ?? new RateWindow();
    this.#windows.set(bucket, window);
    const { isOver } = window.takeOne(
      { limit: 1, perMs: rules.identifyEveryMs },
      nowMs,
    );
    if (!isOver) this.#starts++;
    return !isOver;
  }
}

/** Builds the data of READY for one shard, whose servers follow as GUILD_CREATE. */
export function toReadyJson(
  world: World,
  sessionId: string,
  resumeUrl: string,
  shard: Shard,
): Json {
  return {
    v: 10,
    user: { ...toUserJson(world.bot), verified: true, mfa_enabled: false, email: null },
    guilds: listShardGuilds(world, shard).map(({ id }) => ({ id, unavailable: true })),
    session_id: sessionId,
    resume_gateway_url: resumeUrl,
    shard: [shard.id, shard.count],
    application: { id: world.bot.id, flags: 0 },
  };
}

/** Lists the servers that a session of this shard gets. */
export function listShardGuilds(world: World, shard: Shard): readonly Guild[] {
  return world.guilds.filter(({ id }) => isOnShard(id, shard));
}

/** Builds GUILD_CREATE as a session with these intents gets it. */
export function toGuildCreate(
  world: World,
  guild: Guild,
  sessionIntents: number,
): Json {
  return toGuildCreateJson(world, guild, {
    members: sessionIntents & intents.guildMembers ? 'all' : 'seated',
    voiceStates: (sessionIntents & intents.voiceStates) !== 0,
  });
}
