import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { isHeardConsent } from '#src/people/consent.ts';
import { maxReturnAgeMs } from '#src/people/join-rules.ts';
import type { JoinOutcome } from '#src/ports/command-ports.ts';
import { toFailureEvent } from '#src/ports/failure-event.ts';
import { toLeftPanel } from '#src/ports/panel.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { SeatStore, StoredSeat } from '#src/ports/stores.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { describeObstacle, judgeEntry } from '#src/sessions/join-obstacles.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';

/**
 * Each return takes messages of the gateway, of which Discord takes 120 a minute:
 * https://discord.com/developers/docs/events/gateway#rate-limiting
 */
const maxConcurrentReturns = 10;
const retryMs = 10_000;
const givenUpCheckMs = 60_000;

type SeatedChannel = { readonly seat: StoredSeat; readonly channel: ChannelRef };

/** Continues sessions of a former run, once Discord has listed the server. */
export class SeatReturn {
  readonly #deps;
  readonly #sessions;
  readonly #seatStore;
  readonly #signal;
  readonly #givenUpGuilds = new Set<string>();
  readonly #onDecided;
  readonly #waiting = new Set<string>();
  #running = 0;

  constructor(
    deps: SessionDependencies,
    sessions: VoiceSessions,
    seatStore: SeatStore,
    signal: AbortSignal,
    decided: (guildId: GuildId) => void,
  ) {
    this.#deps = deps;
    this.#sessions = sessions;
    this.#seatStore = seatStore;
    this.#signal = signal;
    this.#onDecided = decided;
  }

  /** Returns the servers with a seat, before the bot returns there. Never throws. */
  async onGuildsArrived(guildIds: readonly GuildId[]): Promise<ReadonlySet<string>> {
    const seats = await this.#readSeats(guildIds);
    if (!seats) void this.#pollSeats(guildIds);
    return new Set(this.#enqueueSeats(seats ?? []));
  }

  /** Reads the seat every minute while it stands. Never throws. */
  async onSessionGivenUp(guildId: GuildId) {
    if (this.#givenUpGuilds.has(guildId)) return;
    this.#givenUpGuilds.add(guildId);
    await this.#pollSeats([guildId], givenUpCheckMs);
    this.#givenUpGuilds.delete(guildId);
  }

  /** With the usual interval, polls only until the store answers. */
  async #pollSeats(guildIds: readonly GuildId[], everyMs = retryMs) {
    const signal = this.#signal;
    for (let waitedMs = 0; waitedMs < maxReturnAgeMs; waitedMs += everyMs) {
      await this.#deps.clock.sleep(everyMs, signal).catch(() => undefined);
      if (signal.aborted || guildIds.every((id) => this.#sessions.at(id))) return;
      const seats = await this.#readSeats(guildIds);
      const isEnough = everyMs === retryMs;
      this.#enqueueSeats(
        seats?.filter(({ idleMs }) => isEnough || idleMs < maxReturnAgeMs) ?? [],
      );
      if (seats && isEnough) return;
    }
  }

  async #readSeats(guildIds: readonly GuildId[]) {
    const [first = ''] = guildIds;
    const all = await withStoreTimeout(first, this.#deps, 'store.unreadable', () =>
      this.#seatStore.read(guildIds),
    );
    return all
      ?.filter(({ guildId }) => !this.#sessions.at(guildId))
      .toSorted((one, other) => one.idleMs - other.idleMs);
  }

  /** The most recent seats come first. */
  #enqueueSeats(seats: readonly StoredSeat[]) {
    const guildIds = seats.map(({ guildId }) => guildId);
    for (const guildId of guildIds) this.#waiting.add(guildId);
    for (let free = maxConcurrentReturns - this.#running; free > 0; free--)
      void this.#returnToWaiting();
    return guildIds;
  }

  async #returnToWaiting() {
    this.#running++;
    for (const guildId of this.#waiting) {
      if (this.#signal.aborted) break;
      this.#waiting.delete(guildId);
      try {
        await this.#returnToSeat(guildId);
      } catch (error) {
        this.#deps.onEvent(guildId, toFailureEvent(error, 'link'));
      }
    }
    this.#running--;
  }

  async #returnToSeat(guildId: GuildId) {
    let objection: TextLine | undefined;
    const prepareReturn = async () => {
      const found = await this.#findSeatedChannel(guildId);
      if (!found || 'seat' in found) return found;
      objection = found;
      return undefined;
    };
    const joining = await this.#sessions.returnToSeat(
      guildId,
      prepareReturn,
      this.#givenUpGuilds.has(guildId),
    );
    if (objection) {
      this.#sessions.forgetSeat(guildId);
      await this.#showLeftPanel(guildId, objection);
    }
    if (joining) await this.#reportJoined(guildId, joining);
    this.#onDecided(guildId);
  }

  async #reportJoined(guildId: GuildId, joining: JoinOutcome) {
    const { panels } = this.#deps;
    if (this.#givenUpGuilds.has(guildId) && !('consent' in joining)) return; // its panel says so already
    if ('consent' in joining || 'nextTryMs' in joining)
      await panels.takeOverPanel(guildId);
    else await this.#showLeftPanel(guildId, { id: 'gave_up' });
  }

  async #showLeftPanel(guildId: GuildId, why: TextLine) {
    const { panels } = this.#deps;
    panels.show(guildId, toLeftPanel(why));
    await panels.takeOverPanel(guildId);
  }

  /**
   * Returns the reason if the bot stays away. Undefined without a seat, or while the store is
   * polled.
   */
  async #findSeatedChannel(
    guildId: GuildId,
  ): Promise<SeatedChannel | TextLine | undefined> {
    const [read, choices] = await Promise.all([
      withStoreTimeout(guildId, this.#deps, 'store.unreadable', () =>
        this.#seatStore.read([guildId]),
      ),
      this.#sessions.loadConsents(guildId),
      this.#sessions.settings.loadGuild(guildId),
    ]);
    if (!read || !choices.isRead) void this.#pollSeats([guildId]);
    const [seat] = read ?? [];
    if (!choices.isRead || !seat) return undefined;
    const channel = this.#deps.places.findChannel(guildId, seat.channelId);
    return this.#findObjection(seat, channel) ?? (channel && { seat, channel });
  }

  /** The bot returns only soon, where it may enter, and to people who may be heard. */
  #findObjection(seat: StoredSeat, channel: ChannelRef | undefined) {
    const outdated = {
      id: 'seat.outdated',
      with: { channel: seat.channelName },
    } as const;
    const joining = channel && judgeEntry(channel, this.#deps);
    if (!channel || !joining || seat.idleMs >= maxReturnAgeMs) return outdated;
    const isAwaited = this.#deps.places
      .listPeople(channel)
      .some(
        (one) =>
          !one.isBot &&
          isHeardConsent(this.#sessions.getConsent(seat.guildId, one, seat)),
      );
    return describeObstacle(joining, channel) ?? (isAwaited ? undefined : outdated);
  }
}
