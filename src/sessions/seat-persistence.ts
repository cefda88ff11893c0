import type { Clock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import { maxReturnAgeMs } from '#src/people/join-rules.ts';
import { type LeaveReason, reasonsToReturn } from '#src/ports/session-events.ts';
import {
  type Seat,
  type SeatStore,
  type StoreWatch,
  tryWrite,
} from '#src/ports/stores.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';

type SeatedSession = {
  readonly channel: ChannelRef;
  readonly isLinked: boolean;
  getSeat(): Seat;
};

type KnownSeat = {
  session: SeatedSession | undefined;
  /** Content of the store, as far as it is known. */
  written: string | undefined;
  isOver: boolean;
  lastWrite: Promise<void>;
  isWriteDue: boolean;
};

const aliveIntervalMs = 15_000;
const expireIntervalMs = 60_000;

export type SeatPersistence = ReturnType<typeof createSeatPersistence>;

/** Stores the seats of the bot and the answers of people there. */
export function createSeatPersistence(deps: StoreWatch, seatStore: SeatStore) {
  const { clock } = deps;
  const seats = new Map<GuildId, KnownSeat>();
  let expiredAtMs = Number.NEGATIVE_INFINITY;
  /** Seats without a session grow old until then. */
  let expireUntilMs = Number.NEGATIVE_INFINITY;

  const timer = createBusyTimer(clock, {
    isBusy: () =>
      clock.nowMs() < expireUntilMs ||
      [...seats.values()].some(({ isOver, session }) => isOver || session),
    work: refreshSeats,
  });
  const writes = createSeatWrites(deps, seatStore, (guildId, seat) => {
    if (seats.get(guildId) === seat) seats.delete(guildId);
    timer.stopWhenIdle();
  });

  function getSeat(guildId: GuildId) {
    const seat = seats.get(guildId) ?? {
      session: undefined,
      written: undefined,
      isOver: false,
      lastWrite: Promise.resolve(),
      isWriteDue: false,
    };
    seats.set(guildId, seat);
    return seat;
  }

  function dropSeat(guildId: GuildId) {
    const seat = getSeat(guildId);
    if (seat.session) return;
    seat.isOver = true;
    writes.schedule(guildId, seat);
    timer.start();
  }

  function scheduleExpiry() {
    expireUntilMs = clock.nowMs() + maxReturnAgeMs + expireIntervalMs;
    timer.start();
  }

  function refreshSeats() {
    // A connection that may be lost keeps no seat young.
    const nowMs = clock.nowMs();
    const all = [...seats];
    const alive = all.filter(([, { session }]) => session?.isLinked);
    const over = all.filter(([, { isOver }]) => isOver);
    for (const [guildId, seat] of [...alive, ...over]) writes.schedule(guildId, seat);
    if (alive.length > 0) void reportAlive(alive.map(([guildId]) => guildId));
    if (nowMs - expiredAtMs < expireIntervalMs) return;
    expiredAtMs = nowMs;
    const [some = ''] = seats.keys();
    void tryWrite(some, deps, () => seatStore.expireSeats(maxReturnAgeMs));
  }

  async function reportAlive(guildIds: readonly GuildId[]) {
    const [first = ''] = guildIds;
    if (await tryWrite(first, deps, () => seatStore.markAlive(guildIds))) return;
    for (const seat of seats.values()) seat.written = undefined; // The answers of people there may be lost.
  }

  return {
    saveSeat(session: SeatedSession) {
      const { guildId } = session.channel;
      const seat = getSeat(guildId);
      if (seat.session !== session) seat.written = undefined;
      seat.session = session;
      seat.isOver = false;
      writes.schedule(guildId, seat);
      timer.start();
    },
    onSessionEnded(session: SeatedSession, why: LeaveReason) {
      const { guildId } = session.channel;
      const seat = seats.get(guildId);
      if (seat?.session !== session) return;
      seat.session = undefined;
      if (why === 'moved') return; // Another session goes on there, or drops it.
      if (reasonsToReturn.has(why)) scheduleExpiry();
      else dropSeat(guildId);
      timer.stopWhenIdle();
    },
    dropSeat,
    scheduleExpiry,
    /** Waits until the present seat is stored, or storing it has failed. */
    async waitUntilSettled(guildId: GuildId) {
      const seat = seats.get(guildId);
      if (seat) writes.schedule(guildId, seat);
      await seat?.lastWrite;
    },
    async [Symbol.asyncDispose]() {
      timer[Symbol.dispose]();
      await Promise.all([...seats.values()].map(({ lastWrite }) => lastWrite));
    },
  };
}

/** Writes and erases seats, one after another in each server. */
function createSeatWrites(
  deps: StoreWatch,
  seatStore: SeatStore,
  onErased: (guildId: GuildId, seat: KnownSeat) => void,
) {
  async function writeSeat(session: SeatedSession, known: KnownSeat) {
    const seat = session.getSeat();
    const written = JSON.stringify(seat);
    if (written === known.written) return;
    const isDone = await tryWrite(session.channel.guildId, deps, () =>
      seatStore.write(seat),
    );
    if (isDone && known.session === session) known.written = written;
  }

  async function eraseSeat(guildId: GuildId, known: KnownSeat) {
    if (!known.isOver) return;
    const isDone = await tryWrite(guildId, deps, () => seatStore.eraseSeat(guildId));
    if (isDone && !known.session) onErased(guildId, known);
  }

  return {
    schedule(guildId: GuildId, seat: KnownSeat) {
      if (seat.isWriteDue) return;
      seat.isWriteDue = true;
      seat.lastWrite = seat.lastWrite.then(() => {
        seat.isWriteDue = false;
        return seat.session ? writeSeat(seat.session, seat) : eraseSeat(guildId, seat);
      });
    },
  };
}

type BusyWork = { readonly isBusy: () => boolean; readonly work: () => void };

/** Works every 15 s as long as there is something to do. */
function createBusyTimer(clock: Clock, { isBusy, work }: BusyWork) {
  let cancel: (() => void) | undefined;
  let isClosed = false;

  function start() {
    if (isClosed) return;
    cancel ??= clock.later(aliveIntervalMs, () => {
      cancel = undefined;
      work();
      if (isBusy()) start();
    });
  }

  function stop() {
    cancel?.();
    cancel = undefined;
  }

  return {
    start,
    stopWhenIdle() {
      if (!isBusy()) stop();
    },
    [Symbol.dispose]() {
      isClosed = true;
      stop();
    },
  };
}
