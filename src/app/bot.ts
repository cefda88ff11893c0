import { setFlagsFromString } from 'node:v8';
import { openShards } from '#src/app/shards/open-shards.ts';
import { type ShardBot, startShardBot } from '#src/app/shards/shard-bot.ts';
import { SoundEncoders } from '#src/audio/encode/sound-encoders.ts';
import { realClock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { LoggedText } from '#src/base/logged-text.ts';
import type { Config } from '#src/config/config.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { readGatewayLimits } from '#src/discord/shards/gateway-limits.ts';
import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';
import type { ProgramPorts } from '#src/features/command.ts';
import { getShardId } from '#src/people/server-share.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { SpentTotal } from '#src/spending/total-budget.ts';
import type { AccessDeps, ServerService } from '#src/web/api/authorise.ts';
import { ServerEvents } from '#src/web/api/event-streams.ts';
import { EventWebhooks } from '#src/web/api/event-webhooks.ts';
import type { RequestRules } from '#src/web/api/openai/admit-request.ts';
import type { BotOptions } from './bot-options.ts';
import { openBudget } from './open-budget.ts';
import { openSharedDeps, type SharedDeps } from './shared-deps.ts';

/** The bot with all shards of this process. Disposing leaves every channel first. */
export interface RunningBot extends AsyncDisposable {
  /** Name on Discord, or that of the settings. */
  readonly name: string | undefined;
  /** Address by which a server invites the bot. */
  readonly inviteUrl: string | undefined;
  readonly programs: AccessDeps;
  /** Tests whether every shard is connected to the gateway. */
  isReady(): boolean;
  /** Leaves all channels without waiting, for a process that is about to end. */
  leaveNow(): void;
  /** Leaves servers that the settings do not allow any more. */
  leaveDisallowed(): void;
  /** Finds the spending of all servers today. Undefined without a cap. */
  findTotal(): SpentTotal | undefined;
  /** Refuses new questions, and lets the current clause end within `ms`. Never throws. */
  drain(ms: number): Promise<void>;
}

/**
 * Serves the shards of this process. Closing leaves every channel first. Throws as `openDiscord`
 * does.
 */
export async function startBot(
  botOptions: BotOptions,
  signal: AbortSignal,
): Promise<RunningBot> {
  await using stack = new AsyncDisposableStack();
  const events = stack.use(new ServerEvents(realClock));
  const options: BotOptions = {
    ...botOptions,
    onSession(guildId, event) {
      events.report(guildId, event);
      botOptions.onSession(guildId, event);
    },
  };
  const sessions = new ShardSessions();
  using accountRest = new AccountRest(options.discord);
  const limits = await readGatewayLimits(accountRest, signal);
  const shared = stack.use(await openSharedDeps(options, signal));
  stack.use(startWebhooks(options, shared, events));
  const { count, shards } = stack.use(await openShards(options, limits, signal));
  const { budgets } = stack.use(
    await openShardBudgets(options, shared, sessions, shards.length < count),
  );
  const startShard = (shard: OwnedShard, until: AbortSignal) =>
    startShardBot(
      {
        bot: options,
        shared,
        budgets,
        shard,
        isReadByPrograms: (channelId) => events.isRead(channelId),
        onSessions: (...served) => sessions.setShard(shard, ...served),
      },
      until,
    );
  const bots = stack.use(await startShards(shards, startShard, signal));
  keepHeapSmall();
  const [firstBot] = bots;
  return Object.assign(stack.move(), {
    name: firstBot?.name ?? options.config.bot.name,
    inviteUrl: firstBot?.discord.inviteUrl,
    isReady: () => bots.every((bot) => bot.discord.isReady()),
    leaveNow() {
      for (const bot of bots) bot.discord.leaveNow();
    },
    leaveDisallowed() {
      for (const bot of bots) bot.discord.leaveDisallowed();
    },
    programs: {
      tokens: shared.store.apiTokens,
      budgets: shared.tokenBudgets,
      encoders: new SoundEncoders(options.codec),
      events,
      requestRules: toRequestRules(options.config.programs),
      servers: { find: async (guildId: GuildId) => sessions.findService(guildId) },
    },
    findTotal: () => budgets.findTotal(),
    async drain(ms: number) {
      await Promise.all(sessions.listSessions().map((served) => served.drainAll(ms)));
    },
  });
}

function toRequestRules(programs: Config['programs']): RequestRules {
  return {
    extraFields: new Set(programs.extraFields),
    pictures: { allowed: new AllowedHosts(programs.pictureHosts) },
  };
}

/** Creates a reporter of trouble in this process, which ends nothing. */
function createWarner({ onDiscord }: BotOptions) {
  return (message: LoggedText, cause: unknown) =>
    onDiscord({ kind: 'warning', message, cause });
}

function startWebhooks(
  options: BotOptions,
  { store }: SharedDeps,
  events: ServerEvents,
): Disposable {
  const webhooks = new EventWebhooks({
    tokens: store.apiTokens,
    events,
    rules: { allowed: new AllowedHosts([]) },
    clock: realClock,
    warn: createWarner(options),
  });
  void webhooks.run();
  return webhooks;
}

async function openShardBudgets(
  options: BotOptions,
  { store, tokenBudgets }: SharedDeps,
  sessions: ShardSessions,
  isShared: boolean,
) {
  const { config, onSession, onStore } = options;
  return await openBudget({
    config,
    spending: store.spending,
    isShared,
    findPipeline: (guildId) => {
      const served = sessions.findSessions(guildId);
      return (
        served?.settings.getForChannel(guildId, served.at(guildId)?.channelId) ??
        config.engines
      );
    },
    getServerCap: (guildId) =>
      sessions.findSessions(guildId)?.settings.getForGuild(guildId).serverDayCap ?? 0,
    getProgramCap: (payerId) => tokenBudgets.findCap(payerId),
    onEvent: onSession,
    alert: onStore,
    warn: createWarner(options),
  });
}

function keepHeapSmall() {
  // 20 to 35 MB less resident, for a fifth more CPU in conversation (`npm run bench --
  // cpu --bot A --bot B`). While modules load, the flag would cost a fifth of the
  // start.
  setFlagsFromString('--optimize-for-size');
}

/** Sessions of all shards of this process, found by server. */
class ShardSessions {
  readonly #served = new Map<number, ServedShard>();
  #shardCount = 1;

  /** Notes that a shard is served now. */
  setShard(
    { id, count }: OwnedShard,
    sessions: VoiceSessions,
    ports: ProgramPorts,
  ): void {
    this.#shardCount = count;
    this.#served.set(id, { sessions, ports });
  }

  /** Finds the sessions of a server. Undefined while its shard is not served. */
  findSessions(guildId: GuildId): VoiceSessions | undefined {
    return this.#served.get(getShardId(guildId, this.#shardCount))?.sessions;
  }

  /** Finds the service of a server, once all shards are served. */
  findService(guildId: GuildId): ServerService {
    const shard = getShardId(guildId, this.#shardCount);
    const served = this.#served.get(shard);
    return served
      ? { kind: 'here', ports: served.ports }
      : { kind: 'elsewhere', shard };
  }

  /** Lists the sessions of all shards. */
  listSessions(): readonly VoiceSessions[] {
    return [...this.#served.values()].map(({ sessions }) => sessions);
  }
}

type ServedShard = { readonly sessions: VoiceSessions; readonly ports: ProgramPorts };

/** The first error closes the others. */
async function startShards(
  shards: readonly OwnedShard[],
  start: (shard: OwnedShard, signal: AbortSignal) => Promise<ShardBot>,
  signal: AbortSignal,
): Promise<readonly ShardBot[] & AsyncDisposable> {
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  const started: ShardBot[] = [];
  const closeShards = async () => {
    await Promise.all(started.map((bot) => bot[Symbol.asyncDispose]()));
  };
  await Promise.all(
    shards.map(async (shard) => {
      try {
        started.push(await start(shard, until));
      } catch (error) {
        failed.abort(error);
      }
    }),
  );
  if (until.aborted) await closeShards();
  until.throwIfAborted();
  return Object.assign(started, { [Symbol.asyncDispose]: closeShards });
}
