import { setFlagsFromString } from 'node:v8';
import { openShards } from '#src/app/shards/open-shards.ts';
import { type ShardBot, startShardBot } from '#src/app/shards/shard-bot.ts';
import { createSoundEncoders } from '#src/audio/encode/sound-encoders.ts';
import { realClock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { readGatewayLimits } from '#src/discord/shards/gateway-limits.ts';
import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';
import type { ProgramPorts } from '#src/features/command.ts';
import { getShardId } from '#src/people/server-share.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { createAllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { ServerService } from '#src/web/api/authorise.ts';
import { createServerEvents } from '#src/web/api/event-streams.ts';
import { openEventWebhooks } from '#src/web/api/event-webhooks.ts';
import type { BotOptions } from './bot-options.ts';
import { openBudget } from './open-budget.ts';
import { openSharedParts } from './shared-parts.ts';

export type RunningBot = Awaited<ReturnType<typeof startBot>>;

/**
 * Serves the shards of this process. Closing leaves every channel first. Throws as `openDiscord`
 * does.
 */
export async function startBot(given: BotOptions, signal: AbortSignal) {
  await using stack = new AsyncDisposableStack();
  const events = stack.use(createServerEvents(realClock));
  const options: BotOptions = {
    ...given,
    onSession(guildId, event) {
      events.report(guildId, event);
      given.onSession(guildId, event);
    },
  };
  const { config, discord } = options;
  const warn = (message: string, cause: unknown) =>
    options.onDiscord({ kind: 'warning', message, cause });
  const sessions = createShardSessions();
  using rest = new AccountRest(discord);
  const limits = await readGatewayLimits(rest, signal);
  const shared = stack.use(await openSharedParts(options, signal));
  const webhooks = stack.use(
    openEventWebhooks({
      tokens: shared.store.apiTokens,
      events,
      rules: { allowed: createAllowedHosts([]) },
      clock: realClock,
      warn,
    }),
  );
  void webhooks.run();
  const { count, shards } = stack.use(await openShards(options, limits, signal));
  const { budgets } = stack.use(
    await openBudget({
      config,
      spending: shared.store.spending,
      portions: shared.store.spendingPortions,
      share: shards.length / count,
      wayIn: (guildId) => {
        const served = sessions.findSessions(guildId);
        return (
          served?.settings.getForChannel(guildId, served.at(guildId)?.channelId) ??
          config.engines
        );
      },
      getServerCap: (guildId) =>
        sessions.findSessions(guildId)?.settings.getForGuild(guildId).serverDayCap ?? 0,
      getProgramCap: (payerId) => shared.tokenBudgets.findCap(payerId),
      onEvent: options.onSession,
      alert: options.onStore,
      warn,
    }),
  );
  const bots = stack.use(
    await startShards(
      shards,
      (shard, until) =>
        startShardBot(
          {
            bot: options,
            shared,
            budgets,
            shard,
            isReadByPrograms: events.isRead,
            onSessions: (...served) => sessions.set(shard, ...served),
          },
          until,
        ),
      signal,
    ),
  );
  keepHeapSmall();
  const [first] = bots;
  return Object.assign(stack.move(), {
    name: first?.name ?? config.bot.name,
    inviteUrl: first?.discord.inviteUrl,
    ready: () => bots.every((bot) => bot.discord.isReady()),
    leaveNow() {
      for (const bot of bots) bot.discord.leaveNow();
    },
    leaveDisallowed() {
      for (const bot of bots) bot.discord.leaveDisallowed();
    },
    programs: {
      tokens: shared.store.apiTokens,
      budgets: shared.tokenBudgets,
      encoders: createSoundEncoders(options.codec),
      events,
      servers: { find: async (guildId: GuildId) => sessions.findService(guildId) },
    },
    /** Spending of all servers today. Undefined without a cap. */
    total: () => budgets.findTotal(),
    /**
     * Refuses new questions, and lets the current clause end within `ms`. Never throws.
     */
    async drain(ms: number) {
      await Promise.all(sessions.listSessions().map((one) => one.drainAll(ms)));
    },
  });
}

function keepHeapSmall() {
  // 20 to 35 MB less resident, for a fifth more CPU in conversation (`npm run bench --
  // cpu --bot A --bot B`). While modules load, the flag would cost a fifth of the
  // start.
  setFlagsFromString('--optimize-for-size');
}

function createShardSessions() {
  const byShard = new Map<
    number,
    { readonly sessions: VoiceSessions; readonly ports: ProgramPorts }
  >();
  let shardCount = 1;

  return {
    set({ id, count }: OwnedShard, sessions: VoiceSessions, ports: ProgramPorts) {
      shardCount = count;
      byShard.set(id, { sessions, ports });
    },
    findSessions(guildId: GuildId): VoiceSessions | undefined {
      return byShard.get(getShardId(guildId, shardCount))?.sessions;
    },
    /** Finds the service of a server, once all shards are served. */
    findService(guildId: GuildId): ServerService {
      const shard = getShardId(guildId, shardCount);
      const served = byShard.get(shard);
      return served
        ? { kind: 'here', ports: served.ports }
        : { kind: 'elsewhere', shard };
    },
    listSessions(): readonly VoiceSessions[] {
      return [...byShard.values()].map(({ sessions }) => sessions);
    },
  };
}

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
