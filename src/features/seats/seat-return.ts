import { type GuildId, noGuild } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { isHeardConsent } from '#src/people/consent.ts';
import { maxReturnAgeMs } from '#src/people/join-rules.ts';
import { Owned } from '#src/people/owned.ts';
import type { JoinOutcome } from '#src/ports/command-ports.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import {
  type Seat,
  type SeatStore,
  type StoredSeat,
  withStoreTimeout,
} from '#src/ports/stores.ts';
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

type SeatedChannel = { readonly seat: Seat; readonly channel: ChannelRef };

type ReturnDeps = Deps<'clock' | 'onEvent' | 'panels' | 'places'>;

type SeatedSessions = Pick<
  VoiceSessions,
  'at' | 'consents' | 'forgetSeat' | 'returnToSeat' | 'settings'
>;

/**
 * Brings the bot back to voice channels: to those of a former process, most recent first, and to those that a session
 * gave up.
 */
export class SeatReturn {
  readonly #deps: ReturnDeps;
  readonly #sessions: SeatedSessions;
  readonly #seatStore: SeatStore;
  readonly #signal: AbortSignal;
  readonly #onDecided: (guildId: GuildId) => void;
  readonly #givenUpIds = new Set<GuildId>();
  readonly #waitingIds = new Set<GuildId>();
  #runningCount = 0;

  /** `onDecided` is called once the bot has returned to a server, or stays away. */
  constructor(
    deps: ReturnDeps,
    sessions: SeatedSessions,
    seatStore: SeatStore,
    signal: AbortSignal,
    onDecided: (guildId: GuildId) => void,
  ) {
    this.#deps = deps;
    this.#sessions = sessions;
    this.#seatStore = seatStore;
    this.#signal = signal;
    this.#onDecided = onDecided;
  }

  /** Returns the servers with a seat, before the bot returns there. */
  async onGuildsArrived(guildIds: readonly GuildId[]): Promise<ReadonlySet<GuildId>> {
    const seats = await this.#readSeats(guildIds);
    if (seats) this.#enqueueSeats(seats);
    else void this.#pollSeats(guildIds);
    return new Set(seats?.map(({ seat }) => seat.guildId));
  }

  /** Polls the seat every minute while it stands. Never throws. */
  async onSessionGivenUp(guildId: GuildId): Promise<void> {
    if (this.#givenUpIds.has(guildId)) return;
    this.#givenUpIds.add(guildId);
    await this.#pollSeats([guildId], givenUpCheckMs);
    this.#givenUpIds.delete(guildId);
  }

  /**
   * Polls seats until a session runs. At the usual interval, stops once the store
   * answers.
   */
  async #pollSeats(guildIds: readonly GuildId[], everyMs = retryMs) {
    const isEnough = everyMs === retryMs;
    for (let waitedMs = 0; waitedMs < maxReturnAgeMs; waitedMs += everyMs) {
      await this.#deps.clock.sleep(everyMs, this.#signal).catch(() => undefined);
      if (this.#signal.aborted || guildIds.every((id) => this.#sessions.at(id))) return;
      const seats = await this.#readSeats(guildIds);
      this.#enqueueSeats(
        seats?.filter(({ idleMs }) => isEnough || idleMs < maxReturnAgeMs) ?? [],
      );
      if (seats && isEnough) return;
    }
  }

  async #readSeats(guildIds: readonly GuildId[]) {
    const [firstId = noGuild] = guildIds;
    const readStored = () => this.#seatStore.read(guildIds);
    const seats = await withStoreTimeout(
      firstId,
      this.#deps,
      'store.unreadable',
      readStored,
    );
    return seats
      ?.filter(({ seat }) => !this.#sessions.at(seat.guildId))
      .toSorted((a, b) => a.idleMs - b.idleMs);
  }

  /** Queues returns to seats, most recent first. */
  #enqueueSeats(seats: readonly StoredSeat[]) {
    for (const { seat } of seats) this.#waitingIds.add(seat.guildId);
    const freeCount = maxConcurrentReturns - this.#runningCount;
    for (let free = freeCount; free > 0; free--) void this.#returnToWaiting();
  }

  async #returnToWaiting() {
    this.#runningCount++;
    for (const guildId of this.#waitingIds) {
      if (this.#signal.aborted) break;
      this.#waitingIds.delete(guildId);
      await this.#returnToSeat(guildId).catch((error: unknown) =>
        this.#deps.onEvent(guildId, toFailureEvent(error, 'link')),
      );
    }
    this.#runningCount--;
  }

  async #returnToSeat(guildId: GuildId) {
    let objection: Owned<TextLine> | undefined;
    const prepareReturn = async () => {
      const decision = await this.#findSeatedChannel(guildId);
      if (!(decision instanceof Owned)) return decision;
      objection = decision;
      return undefined;
    };
    const isGivenUp = this.#givenUpIds.has(guildId);
    const outcome = await this.#sessions.returnToSeat(
      guildId,
      prepareReturn,
      isGivenUp,
    );
    if (objection) {
      this.#sessions.forgetSeat(guildId);
      await showLeftPanel(guildId, objection, this.#deps);
    }
    // The panel of a session that was given up says so already.
    if (outcome && (!this.#givenUpIds.has(guildId) || 'consent' in outcome))
      await reportJoined(guildId, outcome, this.#deps);
    this.#onDecided(guildId);
  }

  /**
   * Finds the channel of a seat, or the reason to stay away. Undefined without a seat,
   * or while the store is polled.
   */
  async #findSeatedChannel(
    guildId: GuildId,
  ): Promise<SeatedChannel | Owned<TextLine> | undefined> {
    const readStored = () => this.#seatStore.read([guildId]);
    const [seats, choices] = await Promise.all([
      withStoreTimeout(guildId, this.#deps, 'store.unreadable', readStored),
      this.#sessions.consents.loadChoices(guildId),
      this.#sessions.settings.loadGuild(guildId),
    ]);
    if (!seats || !choices.isLoaded) void this.#pollSeats([guildId]);
    const stored = seats?.[0];
    if (!choices.isLoaded || !stored) return undefined;
    const { seat } = stored;
    const channel = this.#deps.places.findChannel(guildId, seat.channelId);
    const objection = findReturnObjection(stored, channel, this.#deps, this.#sessions);
    if (!objection) return channel && { seat, channel };
    return new Owned(objection, { channelId: seat.channelId });
  }
}

async function reportJoined(
  guildId: GuildId,
  outcome: JoinOutcome,
  deps: Deps<'panels'>,
) {
  if ('consent' in outcome || 'nextTryMs' in outcome)
    await deps.panels.takeOverPanel(guildId);
  else await showLeftPanel(guildId, new Owned({ id: 'gave_up' }, 'given'), deps);
}

async function showLeftPanel(
  guildId: GuildId,
  reason: Owned<TextLine>,
  { panels }: Deps<'panels'>,
) {
  panels.showLeft(guildId, reason);
  await panels.takeOverPanel(guildId);
}

/** Finds a reason against a return: an old seat, no entry, or nobody to hear. */
function findReturnObjection(
  { idleMs, seat }: StoredSeat,
  channel: ChannelRef | undefined,
  deps: ReturnDeps,
  { consents }: SeatedSessions,
) {
  const outdated = {
    id: 'seat.outdated',
    with: { channel: seat.channelName },
  } as const;
  const verdict = channel && judgeEntry(channel, deps);
  if (!channel || !verdict || idleMs >= maxReturnAgeMs) return outdated;
  const isAwaited = deps.places
    .listPeople(channel)
    .some(
      (person) =>
        !person.isBot &&
        isHeardConsent(consents.getConsent(seat.guildId, person, seat.agreedIds)),
    );
  return describeObstacle(verdict, channel) ?? (isAwaited ? undefined : outdated);
}
