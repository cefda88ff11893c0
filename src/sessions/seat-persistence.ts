import type { Clock } from '#src/base/clock.ts';
import { type GuildId, noGuild } from '#src/base/ids.ts';
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
  readonly isOver: boolean;
  /** Describes the seat as it is stored. */
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

/**
 * Stores the channels in which the bot sits, and the consent given there, so that the bot returns after a restart.
 * Call `saveSeat` at each change of a session, and `onSessionEnded` at its end.
 */
export class SeatPersistence implements AsyncDisposable {
  readonly #deps;
  readonly #seatStore;
  readonly #seats = new Map<GuildId, KnownSeat>();
  readonly #timer;
  readonly #writes;
  #expiredAtMs = Number.NEGATIVE_INFINITY;
  /** Seats without a session grow old until then. */
  #expireUntilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: StoreWatch, seatStore: SeatStore) {
    this.#deps = deps;
    this.#seatStore = seatStore;
    this.#timer = new BusyTimer(deps.clock, {
      isBusy: () => this.#isBusy(),
      work: () => this.#refreshSeats(),
    });
    this.#writes = createSeatWrites(deps, seatStore, (guildId, seat) => {
      if (this.#seats.get(guildId) === seat) this.#seats.delete(guildId);
      this.#timer.stopWhenIdle();
    });
  }

  /** Stores the seat of a session now, and keeps it young while the session is linked. Does nothing once the session is over. */
  saveSeat(session: SeatedSession): void {
    // A late change would bring back a seat that was dropped, or replace that of the session which followed.
    if (session.isOver) return;
    const { guildId } = session.channel;
    const seat = this.#getSeat(guildId);
    if (seat.session !== session) seat.written = undefined;
    seat.session = session;
    seat.isOver = false;
    this.#writes.scheduleWrite(guildId, seat);
    this.#timer.start();
  }

  /** Drops the seat of a session, or lets it grow old if the bot may return to it. */
  onSessionEnded(session: SeatedSession, reason: LeaveReason): void {
    const { guildId } = session.channel;
    const seat = this.#seats.get(guildId);
    if (seat?.session !== session) return;
    seat.session = undefined;
    if (reason === 'moved') return; // Another session goes on there, or drops it.
    if (reasonsToReturn.has(reason)) this.scheduleExpiry();
    else this.dropSeat(guildId);
    this.#timer.stopWhenIdle();
  }

  /** Erases the seat of a server in which no session runs. A failure is retried each 15 s. */
  dropSeat(guildId: GuildId): void {
    const seat = this.#getSeat(guildId);
    if (seat.session) return;
    seat.isOver = true;
    this.#writes.scheduleWrite(guildId, seat);
    this.#timer.start();
  }

  /** Erases old seats each minute, until those of now are too old to return to. */
  scheduleExpiry(): void {
    this.#expireUntilMs = this.#deps.clock.nowMs() + maxReturnAgeMs + expireIntervalMs;
    this.#timer.start();
  }

  /** Waits until the present seat is stored, or storing it has failed. */
  async waitUntilSettled(guildId: GuildId): Promise<void> {
    const seat = this.#seats.get(guildId);
    if (seat) this.#writes.scheduleWrite(guildId, seat);
    await seat?.lastWrite;
  }

  /** Stops the timer, and waits for writes that run. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer[Symbol.dispose]();
    await Promise.all([...this.#seats.values()].map(({ lastWrite }) => lastWrite));
  }

  #isBusy() {
    return (
      this.#deps.clock.nowMs() < this.#expireUntilMs ||
      [...this.#seats.values()].some(({ isOver, session }) => isOver || session)
    );
  }

  #getSeat(guildId: GuildId) {
    const seat = this.#seats.get(guildId) ?? {
      session: undefined,
      written: undefined,
      isOver: false,
      lastWrite: Promise.resolve(),
      isWriteDue: false,
    };
    this.#seats.set(guildId, seat);
    return seat;
  }

  #refreshSeats() {
    // A connection that may be lost keeps no seat young.
    const nowMs = this.#deps.clock.nowMs();
    const seats = [...this.#seats];
    const alive = seats.filter(([, { session }]) => session?.isLinked);
    const dropped = seats.filter(([, { isOver }]) => isOver);
    for (const [guildId, seat] of [...alive, ...dropped])
      this.#writes.scheduleWrite(guildId, seat);
    if (alive.length > 0) void this.#reportAlive(alive.map(([guildId]) => guildId));
    if (nowMs - this.#expiredAtMs < expireIntervalMs) return;
    this.#expiredAtMs = nowMs;
    const [guildId = noGuild] = this.#seats.keys();
    void tryWrite(guildId, this.#deps, () =>
      this.#seatStore.expireSeats(maxReturnAgeMs),
    );
  }

  async #reportAlive(guildIds: readonly GuildId[]) {
    const [guildId = noGuild] = guildIds;
    const markAlive = () => this.#seatStore.markAlive(guildIds);
    if (await tryWrite(guildId, this.#deps, markAlive)) return;
    for (const seat of this.#seats.values()) seat.written = undefined; // The answers of people there may be lost.
  }
}

interface SeatWrites {
  /** Writes or erases a seat after its last write. Several calls before that count as one. */
  scheduleWrite(guildId: GuildId, seat: KnownSeat): void;
}

/** Writes and erases seats, one after another in each server. */
function createSeatWrites(
  deps: StoreWatch,
  seatStore: SeatStore,
  onErased: (guildId: GuildId, seat: KnownSeat) => void,
): SeatWrites {
  async function writeSeat(session: SeatedSession, knownSeat: KnownSeat) {
    const seat = session.getSeat();
    const written = JSON.stringify(seat);
    if (written === knownSeat.written) return;
    const isDone = await tryWrite(session.channel.guildId, deps, () =>
      seatStore.write(seat),
    );
    if (isDone && knownSeat.session === session) knownSeat.written = written;
  }

  async function eraseSeat(guildId: GuildId, knownSeat: KnownSeat) {
    if (!knownSeat.isOver) return;
    const isDone = await tryWrite(guildId, deps, () => seatStore.eraseSeat(guildId));
    if (isDone && !knownSeat.session) onErased(guildId, knownSeat);
  }

  return {
    scheduleWrite(guildId, seat) {
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
class BusyTimer implements Disposable {
  readonly #clock;
  readonly #work;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(clock: Clock, work: BusyWork) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Works for the first time in 15 s, unless the timer runs already. */
  start(): void {
    if (this.#isClosed) return;
    this.#cancel ??= this.#clock.later(aliveIntervalMs, () => {
      this.#cancel = undefined;
      this.#work.work();
      if (this.#work.isBusy()) this.start();
    });
  }

  /** Stops the timer if nothing is left to do. */
  stopWhenIdle(): void {
    if (!this.#work.isBusy()) this.#stop();
  }

  /** Stops the timer for good. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#stop();
  }

  #stop() {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
