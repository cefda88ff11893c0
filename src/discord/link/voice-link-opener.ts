import {
  ChannelType,
  type Client,
  type Guild,
  PermissionFlagsBits,
  Status,
} from 'discord.js';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import { realClock, type SyncTiming } from '#src/base/clock.ts';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import {
  type ChannelPeople,
  createChannelPeople,
} from '#src/discord/channel-people.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { findOwnPermissions } from '#src/discord/permissions.ts';
import type { ChannelRef, MayHear, VoiceLinkOpener } from '#src/ports/voice-link.ts';
import { createUnopenedLinkError, DiscordLink } from './discord-link.ts';
import { createShardPace, createSignalPace, type ShardPace } from './signal-pace.ts';

export type DoorLimits = {
  readonly connectMs: number;
  readonly offlineMs: number;
  /** Called while the bot still sits in the channel. Never throws. */
  readonly onLeaving: (guildId: GuildId) => Promise<void>;
};
const checkMs = 250;

export interface DiscordLinkOpener extends VoiceLinkOpener, AsyncDisposable {
  /** Tests whether a link exists or is being opened. */
  hasLink(guildId: GuildId): boolean;
}

/** A second link in a server ends the first. */
export function openVoiceLinkOpener(
  client: Client<true>,
  report: (event: DiscordEvent) => void,
  {
    connectMs = 9_000,
    offlineMs = 30_000,
    onLeaving = async () => undefined,
  }: Partial<DoorLimits> = {},
): DiscordLinkOpener {
  const servers = new Map<string, GuildLinks>();
  const shards = new Map<number, ShardPace>();
  const people = createChannelPeople(client);
  return {
    async openLink(channel, mayHear, signal) {
      const guild = client.guilds.cache.get(channel.guildId);
      if (!guild)
        throw new BotError(
          'link.lost',
          false,
          'The bot is not in that server any more.',
        );
      const shard = shards.get(guild.shardId) ?? createShardPace();
      shards.set(guild.shardId, shard);
      const server =
        servers.get(guild.id) ??
        createGuildLinks(
          { people, shard, report, connectMs, offlineMs, onLeaving },
          guild.id,
        );
      servers.set(guild.id, server);
      return await server.openLink(guild, channel, mayHear, signal);
    },
    getRestMs: (guildId) => servers.get(guildId)?.getRestMs() ?? 0,
    hasLink: (guildId) => servers.get(guildId)?.hasLink() ?? false,
    async [Symbol.asyncDispose]() {
      await Promise.all([...servers.values()].map((server) => server.close()));
    },
  };
}

type GuildLinkDeps = DoorLimits & {
  readonly people: ChannelPeople;
  readonly shard: ShardPace;
  readonly report: (event: DiscordEvent) => void;
};

type GuildLinks = ReturnType<typeof createGuildLinks>;

/** Opens the links of one server one after the other. */
function createGuildLinks(deps: GuildLinkDeps, guildId: GuildId) {
  const { report } = deps;
  const pace = createSignalPace();
  const rejoins = createRejoinLimit();
  let isDown = false;
  let current: DiscordLink | undefined;
  let openingCount = 0;
  let lastTurn: Promise<unknown> = Promise.resolve();

  /** Raises an alert from the second on. */
  function mayRejoin(fault: string) {
    const nowMs = realClock.nowMs();
    if (rejoins.isRepeated(nowMs)) reportAlert(true, fault);
    return rejoins.tryRejoin(nowMs);
  }

  function reportAlert(isDownNow: boolean, cause: string) {
    if (isDown === isDownNow) return;
    isDown = isDownNow;
    const state = isDown ? 'raised' : 'cleared';
    report({ kind: 'alert', name: 'link-down', state, cause, guildId });
  }

  async function closeLink() {
    await current?.[Symbol.asyncDispose]();
  }

  async function openNow(
    guild: Guild,
    channel: ChannelRef,
    mayHear: MayHear,
    signal: AbortSignal,
  ) {
    const { connectMs, offlineMs, shard } = deps;
    await waitUntilShardReady(guild, offlineMs, signal);
    const startMs = realClock.nowMs();
    using deadline = createDeadlineSignal(connectMs, realClock, toUnopenedError);
    const either = AbortSignal.any([signal, deadline.signal]);
    try {
      await closeLink();
      const nowMs = realClock.nowMs();
      const waitMs = Math.max(pace.waitMs(nowMs), shard.waitMs(nowMs));
      if (waitMs > connectMs) throw createTooOftenError(waitMs);
      shard.planJoin(nowMs + waitMs);
      await realClock.sleep(waitMs, either);
      const link = joinChannel(guild, channel, mayHear);
      await link.waitUntilOpen(either);
      const tookMs = realClock.nowMs() - startMs;
      report({ kind: 'link-opened', guildId, tookMs, ...link.getState() });
      void becomeSpeaker(guild, channel.channelId, realClock, report);
      return link;
    } catch (cause) {
      await closeLink();
      signal.throwIfAborted();
      const error: unknown = either.aborted ? either.reason : toBrokenOffReason(cause);
      if (error instanceof BotError && rejoins.isRepeated(realClock.nowMs()))
        reportAlert(true, error.message);
      throw error;
    }
  }

  function toUnopenedError() {
    return current?.unopened ?? createUnopenedLinkError('seat');
  }

  function toBrokenOffReason(cause: unknown) {
    const isBroken =
      cause instanceof BotError && cause.code === 'link.lost' && cause.retryable;
    return isBroken ? toUnopenedError() : cause;
  }

  function joinChannel(guild: Guild, { channelId }: ChannelRef, mayHear: MayHear) {
    const place = {
      guild,
      channelId,
      channelPeople: deps.people,
      pace,
      report,
      mayRejoin,
      onWhole: () => reportAlert(false, 'it works again by itself'),
      onLeaving: () => deps.onLeaving(guildId),
    };
    const link = new DiscordLink(place, mayHear);
    current = link;
    report({ kind: 'link-made', guildId, counts: () => link.counts() });
    return link;
  }

  return {
    openLink(...request: Parameters<typeof openNow>) {
      openingCount++;
      const opening = lastTurn.then(() => openNow(...request));
      lastTurn = opening
        .catch(() => {})
        .then(() => {
          openingCount--;
        });
      return opening;
    },
    hasLink: () => openingCount > 0 || current?.isOpen === true,
    getRestMs: () => pace.getRestMs(realClock.nowMs()),
    close: closeLink,
  };
}

/** Waits for the gateway. Throws BotError `link.offline` after `offlineMs`. */
async function waitUntilShardReady(
  { id, shard }: Guild,
  offlineMs: number,
  signal: AbortSignal,
) {
  for (let waitedMs = 0; shard.status !== Status.Ready; waitedMs += checkMs) {
    if (waitedMs >= offlineMs) {
      throw new BotError(
        'link.offline',
        true,
        `Server ${id}: the gateway was away for ${offlineMs / 1000} s.`,
      );
    }
    await realClock.sleep(checkMs, signal);
  }
}

function createTooOftenError(waitMs: number) {
  return new BotError(
    'link.rate_limited',
    true,
    `Too many joins of that channel, or a rate limit of Discord: wait ${Math.ceil(waitMs / 1000)} s.`,
    undefined,
    undefined,
    {
      retryAfterMs: waitMs,
    },
  );
}

/** The cached seat may still be the former one. Source: discord.js #7746. */
const againMs = 500;

/** Becomes a speaker of a stage, or asks to speak. */
export async function becomeSpeaker(
  guild: Guild,
  channelId: ChannelId,
  timing: SyncTiming,
  report: (event: DiscordEvent) => void,
) {
  if (guild.channels.cache.get(channelId)?.type !== ChannelType.GuildStageVoice) return;
  try {
    await askToSpeak(guild, channelId);
  } catch {
    await new Promise<void>((resolve) => timing.later(againMs, resolve));
    await askToSpeak(guild, channelId).catch((cause: unknown) => {
      const why = getErrorMessage(cause);
      const message = `Stage ${channelId}: the request to speak failed: ${why}`;
      report({ kind: 'warning', message, guildId: guild.id, cause });
    });
  }
}

async function askToSpeak(guild: Guild, channelId: ChannelId) {
  const seat = guild.members.me?.voice;
  if (seat?.channelId !== channelId) throw new Error('the bot is not seated there yet');
  if (seat.suppress === false) return;
  const mine = seat.channel && findOwnPermissions(seat.channel);
  if (mine?.has(PermissionFlagsBits.MuteMembers)) await seat.setSuppressed(false);
  else await seat.setRequestToSpeak(true);
}

/** Two rejoins that did not help are not followed by more soon. */
const [mostRejoins, rejoinsMs] = [2, 600_000];

export function createRejoinLimit() {
  let atMs: readonly number[] = [];

  function isRepeated(nowMs: number): boolean {
    atMs = atMs.filter((atMs) => nowMs - atMs < rejoinsMs);
    return atMs.length > 0;
  }

  return {
    isRepeated,

    /** Returns false if none is allowed now. */
    tryRejoin(nowMs: number): boolean {
      const isAllowed = !isRepeated(nowMs) || atMs.length < mostRejoins;
      if (isAllowed) atMs = [...atMs, nowMs];
      return isAllowed;
    },
  };
}
