import type { GuildId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { isHeardConsent } from '#src/people/consent.ts';
import { maxReturnAgeMs } from '#src/people/join-rules.ts';
import type { JoinOutcome } from '#src/ports/command-ports.ts';
import { toFailureEvent } from '#src/ports/failure-event.ts';
import { toLeftPanel } from '#src/ports/panel.ts';
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

export type SeatReturn = ReturnType<typeof createSeatReturn>;

export function createSeatReturn(
  deps: ReturnDeps,
  sessions: SeatedSessions,
  seatStore: SeatStore,
  signal: AbortSignal,
  onDecided: (guildId: GuildId) => void,
) {
  const givenUpGuilds = new Set<string>();
  const waiting = new Set<string>();
  let running = 0;

  /**
   * Polls seats until a session runs. At the usual interval, stops once the store
   * answers.
   */
  async function pollSeats(guildIds: readonly GuildId[], everyMs = retryMs) {
    const isEnough = everyMs === retryMs;
    for (let waitedMs = 0; waitedMs < maxReturnAgeMs; waitedMs += everyMs) {
      await deps.clock.sleep(everyMs, signal).catch(() => undefined);
      if (signal.aborted || guildIds.every((id) => sessions.at(id))) return;
      const seats = await readSeats(guildIds);
      enqueueSeats(
        seats?.filter(({ idleMs }) => isEnough || idleMs < maxReturnAgeMs) ?? [],
      );
      if (seats && isEnough) return;
    }
  }

  async function readSeats(guildIds: readonly GuildId[]) {
    const [first = ''] = guildIds;
    const read = () => seatStore.read(guildIds);
    const all = await withStoreTimeout(first, deps, 'store.unreadable', read);
    return all
      ?.filter(({ seat }) => !sessions.at(seat.guildId))
      .toSorted((one, other) => one.idleMs - other.idleMs);
  }

  /** Queues returns to seats, most recent first. */
  function enqueueSeats(seats: readonly StoredSeat[]) {
    for (const { seat } of seats) waiting.add(seat.guildId);
    for (let free = maxConcurrentReturns - running; free > 0; free--)
      void returnToWaiting();
  }

  async function returnToWaiting() {
    running++;
    for (const guildId of waiting) {
      if (signal.aborted) break;
      waiting.delete(guildId);
      await returnToSeat(guildId).catch((error: unknown) =>
        deps.onEvent(guildId, toFailureEvent(error, 'link')),
      );
    }
    running--;
  }

  async function returnToSeat(guildId: GuildId) {
    let objection: TextLine | undefined;
    const prepareReturn = async () => {
      const found = await findSeatedChannel(guildId);
      if (!found || 'seat' in found) return found;
      objection = found;
      return undefined;
    };
    const isGivenUp = givenUpGuilds.has(guildId);
    const joining = await sessions.returnToSeat(guildId, prepareReturn, isGivenUp);
    if (objection) {
      sessions.forgetSeat(guildId);
      await showLeftPanel(guildId, objection, deps);
    }
    // The panel of a session that was given up says so already.
    if (joining && (!givenUpGuilds.has(guildId) || 'consent' in joining))
      await reportJoined(guildId, joining, deps);
    onDecided(guildId);
  }

  /**
   * Finds the channel of a seat, or the reason to stay away. Undefined without a seat,
   * or while the store is polled.
   */
  async function findSeatedChannel(
    guildId: GuildId,
  ): Promise<SeatedChannel | TextLine | undefined> {
    const read = () => seatStore.read([guildId]);
    const [seats, choices] = await Promise.all([
      withStoreTimeout(guildId, deps, 'store.unreadable', read),
      sessions.consents.loadChoices(guildId),
      sessions.settings.loadGuild(guildId),
    ]);
    if (!seats || !choices.isLoaded) void pollSeats([guildId]);
    const stored = seats?.[0];
    if (!choices.isLoaded || !stored) return undefined;
    const { seat } = stored;
    const channel = deps.places.findChannel(guildId, seat.channelId);
    const objection = findReturnObjection(stored, channel, deps, sessions);
    return objection ?? (channel && { seat, channel });
  }

  return {
    /** Returns the servers with a seat, before the bot returns there. */
    async onGuildsArrived(guildIds: readonly GuildId[]): Promise<ReadonlySet<string>> {
      const seats = await readSeats(guildIds);
      if (seats) enqueueSeats(seats);
      else void pollSeats(guildIds);
      return new Set(seats?.map(({ seat }) => seat.guildId));
    },
    /** Polls the seat every minute while it stands. Never throws. */
    async onSessionGivenUp(guildId: GuildId) {
      if (givenUpGuilds.has(guildId)) return;
      givenUpGuilds.add(guildId);
      await pollSeats([guildId], givenUpCheckMs);
      givenUpGuilds.delete(guildId);
    },
  };
}

async function reportJoined(
  guildId: GuildId,
  joining: JoinOutcome,
  deps: Deps<'panels'>,
) {
  if ('consent' in joining || 'nextTryMs' in joining)
    await deps.panels.takeOverPanel(guildId);
  else await showLeftPanel(guildId, { id: 'gave_up' }, deps);
}

async function showLeftPanel(
  guildId: GuildId,
  why: TextLine,
  { panels }: Deps<'panels'>,
) {
  panels.show(guildId, toLeftPanel(why));
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
  const joining = channel && judgeEntry(channel, deps);
  if (!channel || !joining || idleMs >= maxReturnAgeMs) return outdated;
  const isAwaited = deps.places
    .listPeople(channel)
    .some(
      (one) =>
        !one.isBot &&
        isHeardConsent(consents.getConsent(seat.guildId, one, seat.agreedIds)),
    );
  return describeObstacle(joining, channel) ?? (isAwaited ? undefined : outdated);
}
