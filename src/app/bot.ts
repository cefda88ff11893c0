import { realClock } from '#src/base/clock.ts';
import { readGatewayLimits } from '#src/discord/shards/gateway-limits.ts';
import type { ProviderNews } from '#src/provider/fallback-chain.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';
import { LocalShards } from '#src/shards/local-shards.ts';
import { type OwnedShard, type ShardHost, shardOf } from '#src/shards/ownership.ts';
import type { BotOptions } from './bot-options.ts';
import { type ShardBot, startShardBot } from './shard-bot.ts';
import { openSharedParts, type SharedParts } from './shared-parts.ts';

/** A bot that is logged in and can be called. Closing it leaves every channel first. */
export type RunningBot = Pick<ShardBot, 'name' | 'inviteUrl' | 'ready' | 'leaveNow'> & {
  /** Takes news of a server: sessions tell people of fallbacks. */
  provider(news: ProviderNews): void;
} & AsyncDisposable;

/** For asking Discord how many shards there are to be, in ms. */
const askMs = 20_000;

/** Puts the rooms together, and serves the shards that are this process's own. Errors: as `openDiscord`. */
export async function startBot(options: BotOptions, signal: AbortSignal): Promise<RunningBot> {
  const { config, discord } = options;
  await using stack = new AsyncDisposableStack();
  const sessions = new ShardSessions();
  const limits = await readGatewayLimits({ timeoutMs: askMs, ...discord }, signal);
  const shared = stack.use(
    await openSharedParts(options, (guildId) => sessions.of(guildId), signal),
  );
  const shards = stack.use(new ShardBots(options, shared, sessions, signal));
  await new LocalShards(config.shards, limits, realClock).open(shards);
  const closing = stack.move();
  const [first] = shards.all();
  return {
    name: first?.name ?? config.bot.name ?? '',
    inviteUrl: first?.inviteUrl ?? '',
    ready: () => shards.all().every((bot) => bot.ready()),
    leaveNow() {
      for (const bot of shards.all()) bot.leaveNow();
    },
    provider(news) {
      for (const one of sessions.all()) one.provider(news);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** The sessions of every shard that is served, found by server. */
class ShardSessions {
  readonly #byShard = new Map<number, VoiceSessions>();
  #count = 1;

  set({ id, count }: OwnedShard, sessions: VoiceSessions): void {
    this.#count = count;
    this.#byShard.set(id, sessions);
  }

  delete(shardId: number): void {
    this.#byShard.delete(shardId);
  }

  of(guildId: string): VoiceSessions | undefined {
    return this.#byShard.get(shardOf(guildId, this.#count));
  }

  all(): readonly VoiceSessions[] {
    return [...this.#byShard.values()];
  }
}

/** The shards that are served, each by a bot of its own; one begins and ends while others go on. */
class ShardBots implements ShardHost, AsyncDisposable {
  readonly #options: BotOptions;
  readonly #shared: SharedParts;
  readonly #sessions: ShardSessions;
  readonly #signal: AbortSignal;
  readonly #closed = new AbortController();
  readonly #starting = new Set<Promise<ShardBot>>();
  readonly #bots = new Map<number, ShardBot>();
  #hasStarted = false;

  constructor(
    options: BotOptions,
    shared: SharedParts,
    sessions: ShardSessions,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#shared = shared;
    this.#sessions = sessions;
    this.#signal = AbortSignal.any([signal, this.#closed.signal]);
  }

  all(): readonly ShardBot[] {
    return [...this.#bots.values()];
  }

  async start(shard: OwnedShard): Promise<void> {
    const isFirst = !this.#hasStarted;
    this.#hasStarted = true;
    const onSessions = (sessions: VoiceSessions) => this.#sessions.set(shard, sessions);
    const options = { bot: this.#options, shared: this.#shared, shard, isFirst, onSessions };
    const starting = startShardBot(options, this.#signal);
    this.#starting.add(starting);
    try {
      this.#bots.set(shard.id, await starting);
    } finally {
      this.#starting.delete(starting);
    }
  }

  async stop(shardId: number): Promise<void> {
    const bot = this.#bots.get(shardId);
    this.#bots.delete(shardId);
    await bot?.[Symbol.asyncDispose]();
    this.#sessions.delete(shardId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new Error('the bot is closed'));
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#bots.keys()].map((id) => this.stop(id)));
  }
}
