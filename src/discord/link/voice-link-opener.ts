import {
  ChannelType,
  type Client,
  type Guild,
  PermissionFlagsBits,
  Status,
} from 'discord.js';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import type { Clock, SyncTiming } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { type ChannelId, type GuildId, toGuildId } from '#src/base/ids.ts';
import { admitError, type LoggedText, writeSentence } from '#src/base/logged-text.ts';
import { ChannelPeople } from '#src/discord/channel-people.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { findOwnPermissions } from '#src/discord/permissions.ts';
import type { ChannelRef, MayHear, VoiceLinkOpener } from '#src/ports/voice-link.ts';
import { createUnopenedLinkError, DiscordLink } from './discord-link.ts';
import { type AdmittedJoin, ShardPace, SignalPace } from './signal-pace.ts';
import type { CipherMode } from './voice-library.ts';
import { type MovedSeat, OwnLeaves } from './voice-signals.ts';
import type { LinkFault } from './watchdog/link-watchdog.ts';

export type LinkOpenerOptions = {
  /** Limit for opening one link, from the gateway's readiness on. */
  readonly connectMs: number;
  /** Limit for waiting for the gateway. */
  readonly offlineMs: number;
  /** Called while the bot still sits in the channel, or follows a move. Never throws. */
  readonly onLeaving: (guildId: GuildId) => Promise<void>;
  /** The cipher to ask voice servers for. Undefined: the library's choice. */
  readonly cipher?: CipherMode | undefined;
};
const checkMs = 250;

/** Opens voice links over one client. A second link in a server ends the first. */
export class DiscordLinkOpener implements VoiceLinkOpener, AsyncDisposable {
  readonly #client;
  readonly #clock;
  readonly #report;
  readonly #options: LinkOpenerOptions;
  readonly #links = new Map<GuildId, GuildLinks>();
  readonly #shardPaces = new Map<number, ShardPace>();
  readonly #people;

  constructor(
    client: Client<true>,
    clock: Clock,
    report: (event: DiscordEvent) => void,
    {
      connectMs = 9_000,
      offlineMs = 30_000,
      onLeaving = async () => undefined,
      cipher,
    }: Partial<LinkOpenerOptions> = {},
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#report = report;
    this.#options = { connectMs, offlineMs, onLeaving, cipher };
    this.#people = new ChannelPeople(client, clock);
  }

  /**
   * Opens a link after all links of the server that were asked for before. Throws BotError
   * `link.*`.
   */
  async openLink(
    channel: ChannelRef,
    mayHear: MayHear,
    signal: AbortSignal,
  ): Promise<DiscordLink> {
    const guild = this.#client.guilds.cache.get(channel.guildId);
    if (!guild)
      throw new BotError('link.lost', false, 'The bot is not in that server any more.');
    return await this.#getLinks(guild).openLink({ guild, channel, mayHear, signal });
  }

  /** Returns the rest that Discord asked for in a server, in ms. */
  getRestMs(guildId: GuildId): number {
    return this.#links.get(guildId)?.getRestMs() ?? 0;
  }

  /** Leaves a channel to which a person has moved the bot and that no link followed. Never throws. */
  async leaveChannel(guildId: GuildId): Promise<void> {
    await this.#links.get(guildId)?.leaveUnfollowed();
  }

  /** Tests whether a link exists, is being opened, or may follow a move. */
  hasLink(guildId: GuildId): boolean {
    return this.#links.get(guildId)?.hasLink() ?? false;
  }

  /** Leaves the channels of all servers. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closing = [...this.#links.values()].map((links) => links.leaveChannel());
    await Promise.all(closing);
  }

  #getLinks(guild: Guild) {
    const shardPace = this.#shardPaces.get(guild.shardId) ?? new ShardPace();
    this.#shardPaces.set(guild.shardId, shardPace);
    const deps = {
      ...this.#options,
      clock: this.#clock,
      people: this.#people,
      shardPace,
      report: this.#report,
    };
    const guildId = toGuildId(guild.id);
    const links = this.#links.get(guildId) ?? new GuildLinks(deps, guildId);
    this.#links.set(guildId, links);
    return links;
  }
}

type GuildLinksDeps = LinkOpenerOptions & {
  readonly clock: Clock;
  readonly people: ChannelPeople;
  readonly shardPace: ShardPace;
  readonly report: (event: DiscordEvent) => void;
};

type LinkRequest = {
  readonly guild: Guild;
  readonly channel: ChannelRef;
  readonly mayHear: MayHear;
  readonly signal: AbortSignal;
};

/** Opens the links of one server one after the other. */
class GuildLinks {
  readonly #deps;
  readonly #guildId;
  readonly #pace = new SignalPace();
  readonly #leaves = new OwnLeaves();
  readonly #rejoins = new RejoinLimit();
  #isDown = false;
  #leftAfterMs: number | undefined;
  #link: DiscordLink | undefined;
  #openingCount = 0;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(deps: GuildLinksDeps, guildId: GuildId) {
    this.#deps = deps;
    this.#guildId = guildId;
  }

  /** Opens a link in place of the present one. Throws BotError `link.*`. */
  openLink(request: LinkRequest): Promise<DiscordLink> {
    this.#openingCount++;
    const opening = this.#lastTurn.then(() => this.#openNow(request));
    this.#lastTurn = opening
      .catch(() => {})
      .then(() => {
        this.#openingCount--;
      });
    return opening;
  }

  /** Tests whether a link exists, is being opened, or may follow a move. */
  hasLink(): boolean {
    const link = this.#link;
    return this.#openingCount > 0 || link?.isOpen === true || link?.keepsSeat === true;
  }

  /** Returns the rest that Discord asked for, in ms. */
  getRestMs(): number {
    return this.#pace.getRestMs(this.#deps.clock.nowMs());
  }

  /** Leaves the channel where the bot sits. */
  async leaveChannel(): Promise<void> {
    await this.#link?.leaveChannel();
  }

  /** Leaves the channel where the bot sits without a link, after all links that were asked for before. */
  async leaveUnfollowed(): Promise<void> {
    await this.#lastTurn;
    if (this.#openingCount === 0 && !this.#link?.isOpen) await this.leaveChannel();
  }

  async #openNow({ guild, channel, mayHear, signal }: LinkRequest) {
    const { clock, connectMs, offlineMs, report } = this.#deps;
    await waitUntilShardReady(guild, offlineMs, clock, signal);
    const startMs = clock.nowMs();
    using deadline = createDeadlineSignal(connectMs, clock, () =>
      this.#toUnopenedError(),
    );
    const either = AbortSignal.any([signal, deadline.signal]);
    try {
      const entry = await this.#findEntry(channel, either);
      const link = this.#enterChannel(entry, guild, channel, mayHear);
      await link.waitUntilOpen(either);
      const tookMs = clock.nowMs() - startMs;
      const guildId = this.#guildId;
      report({ kind: 'link-opened', guildId, tookMs, ...link.getState() });
      void becomeSpeaker(guild, channel.channelId, clock, report);
      return link;
    } catch (cause) {
      // Moved on meanwhile, the bot stays where it was put.
      await this.#link?.[Symbol.asyncDispose]();
      signal.throwIfAborted();
      const error: unknown = either.aborted
        ? either.reason
        : this.#toBrokenOffReason(cause);
      if (error instanceof BotError && this.#rejoins.isRepeated(clock.nowMs()))
        this.#reportAlert(true, admitError(error));
      throw error;
    }
  }

  /** Ends the present link. Finds the seat to which a person has moved the bot, or leaves and waits for a join. */
  async #findEntry({ channelId }: ChannelRef, signal: AbortSignal) {
    await this.#link?.[Symbol.asyncDispose]();
    signal.throwIfAborted();
    const seat = this.getRestMs() > 0 ? undefined : this.#link?.handOverSeat(channelId);
    if (seat) return seat;
    await this.leaveChannel();
    return await this.#waitForTurn(signal);
  }

  /** Waits until Discord takes another join. Throws if that is later than the deadline. */
  async #waitForTurn(signal: AbortSignal): Promise<AdmittedJoin> {
    const { clock, connectMs, shardPace } = this.#deps;
    const nowMs = clock.nowMs();
    const fromMs = nowMs + Math.max(0, this.#pace.waitMs(nowMs));
    const join = shardPace.admitJoin(this.#guildId, fromMs, nowMs + connectMs);
    if (!join)
      throw createTooOftenError(shardPace.findFreeMs(this.#guildId, fromMs) - nowMs);
    await clock.sleep(join.atMs - nowMs, signal);
    return join;
  }

  #enterChannel(
    entry: AdmittedJoin | MovedSeat,
    guild: Guild,
    { channelId }: ChannelRef,
    mayHear: MayHear,
  ) {
    const { clock, onLeaving, people, report } = this.#deps;
    const guildId = this.#guildId;
    const deps = {
      clock,
      guild,
      channelId,
      channelPeople: people,
      pace: this.#pace,
      leaves: this.#leaves,
      report,
      cipher: this.#deps.cipher,
      leftAfterMs: this.#leftAfterMs,
      mayRejoin: (fault: LinkFault) => this.#mayRejoin(fault),
      onWhole: () => this.#reportAlert(false, writeSentence`it works again by itself`),
      onLeaving: () => onLeaving(guildId),
    };
    const link = new DiscordLink(entry, deps, mayHear);
    this.#link = link;
    report({ kind: 'link-made', guildId, counts: () => link.counts() });
    return link;
  }

  /** Raises an alert if the last rejoin has not helped for long. A new path alone tells whether a guess was right. */
  #mayRejoin({ answeredForMs, isGuess, sentence }: LinkFault) {
    const nowMs = this.#deps.clock.nowMs();
    if (!isGuess && this.#rejoins.isRepeated(nowMs)) this.#reportAlert(true, sentence);
    const mayRejoin = this.#rejoins.tryRejoin(nowMs);
    if (!mayRejoin) return false;
    this.#leftAfterMs = answeredForMs ?? this.#leftAfterMs;
    this.#deps.report({ kind: 'path-died', guildId: this.#guildId, why: sentence });
    return true;
  }

  #reportAlert(isDown: boolean, cause: LoggedText) {
    if (this.#isDown === isDown) return;
    this.#isDown = isDown;
    const state = isDown ? 'raised' : 'cleared';
    const guildId = this.#guildId;
    this.#deps.report({ kind: 'alert', name: 'link-down', state, cause, guildId });
  }

  #toUnopenedError() {
    return this.#link?.unopened ?? createUnopenedLinkError('seat');
  }

  #toBrokenOffReason(cause: unknown) {
    const isBroken =
      cause instanceof BotError && cause.code === 'link.lost' && cause.retryable;
    return isBroken ? this.#toUnopenedError() : cause;
  }
}

/** Waits for the gateway. Throws BotError `link.offline` after `offlineMs`. */
async function waitUntilShardReady(
  { id, shard }: Guild,
  offlineMs: number,
  clock: Pick<Clock, 'sleep'>,
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
    await clock.sleep(checkMs, signal);
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
const retryMs = 500;

/** Becomes a speaker of a stage, or asks to speak. Does nothing elsewhere. Never throws. */
export async function becomeSpeaker(
  guild: Guild,
  channelId: ChannelId,
  timing: SyncTiming,
  report: (event: DiscordEvent) => void,
): Promise<void> {
  if (guild.channels.cache.get(channelId)?.type !== ChannelType.GuildStageVoice) return;
  try {
    await askToSpeak(guild, channelId);
  } catch {
    await new Promise<void>((resolve) => timing.later(retryMs, resolve));
    await askToSpeak(guild, channelId).catch((cause: unknown) => {
      const message = writeSentence`Stage ${channelId}: the request to speak failed: ${admitError(cause)}`;
      report({ kind: 'warning', message, guildId: toGuildId(guild.id), cause });
    });
  }
}

async function askToSpeak(guild: Guild, channelId: ChannelId) {
  const seat = guild.members.me?.voice;
  if (seat?.channelId !== channelId) throw new Error('the bot is not seated there yet');
  if (seat.suppress === false) return;
  const permissions = seat.channel && findOwnPermissions(seat.channel);
  if (permissions?.has(PermissionFlagsBits.MuteMembers))
    await seat.setSuppressed(false);
  else await seat.setRequestToSpeak(true);
}

const [firstRestMs, maxRestMs] = [300_000, 3_600_000];

/** Rate limit of rejoins in one server, as everybody hears each. */
export class RejoinLimit {
  #rejoinedAtMs = Number.NEGATIVE_INFINITY;
  #restMs = 0;

  /** Tests whether the last rejoin is less than two of its rests ago. */
  isRepeated(nowMs: number): boolean {
    return nowMs - this.#rejoinedAtMs < 2 * this.#restMs;
  }

  /** Counts a rejoin. Returns false during the rest after one: five minutes, then each time twice as long, up to an hour. */
  tryRejoin(nowMs: number): boolean {
    if (nowMs - this.#rejoinedAtMs < this.#restMs) return false;
    const isRepeated = this.isRepeated(nowMs);
    this.#restMs = isRepeated ? Math.min(maxRestMs, this.#restMs * 2) : firstRestMs;
    this.#rejoinedAtMs = nowMs;
    return true;
  }
}
