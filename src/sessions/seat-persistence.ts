import { maxReturnAgeMs } from '#src/people/join-rules.ts';
import { type LeaveReason, reasonsToReturn } from '#src/ports/session-events.ts';
import {
  type Seat,
  type SeatStore,
  type StoreWatch,
  withStoreTimeout,
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

/** Stores the seats of the bot and the answers of people there. */
export class SeatPersistence implements AsyncDisposable {
  readonly #deps;
  readonly #seatStore;
  readonly #seats = new Map<string, KnownSeat>();
  readonly #over = new AbortController();
  #stopTimer: (() => void) | undefined;
  #expiredAtMs = Number.NEGATIVE_INFINITY;
  /** Seats without a session grow old until then. */
  #expireUntilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: StoreWatch, seatStore: SeatStore) {
    this.#deps = deps;
    this.#seatStore = seatStore;
  }

  saveSeat(session: SeatedSession) {
    const { guildId } = session.channel;
    const seat = this.#getSeat(guildId);
    if (seat.session !== session) seat.written = undefined;
    seat.session = session;
    seat.isOver = false;
    this.#scheduleWrite(guildId, seat);
    this.#startTimer();
  }

  onSessionEnded(session: SeatedSession, why: LeaveReason) {
    const { guildId } = session.channel;
    const seat = this.#seats.get(guildId);
    if (seat?.session !== session) return;
    seat.session = undefined;
    if (why === 'moved') return; // Another session goes on there, or drops it.
    if (reasonsToReturn.has(why)) this.scheduleExpiry();
    else this.dropSeat(guildId);
    this.#stopTimerWhenIdle();
  }

  dropSeat(guildId: GuildId) {
    const seat = this.#getSeat(guildId);
    if (seat.session) return;
    seat.isOver = true;
    this.#scheduleWrite(guildId, seat);
    this.#startTimer();
  }

  scheduleExpiry() {
    this.#expireUntilMs = this.#deps.clock.nowMs() + maxReturnAgeMs + expireIntervalMs;
    this.#startTimer();
  }

  /** Waits until the present seat is stored, or storing it has failed. */
  async waitUntilSettled(guildId: GuildId) {
    const seat = this.#seats.get(guildId);
    if (seat) this.#scheduleWrite(guildId, seat);
    await seat?.lastWrite;
  }

  async [Symbol.asyncDispose]() {
    this.#over.abort(new Error('the seat keeper is closed'));
    this.#stopTimer?.();
    await Promise.all([...this.#seats.values()].map(({ lastWrite }) => lastWrite));
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

  #scheduleWrite(guildId: GuildId, seat: KnownSeat) {
    if (seat.isWriteDue) return;
    seat.isWriteDue = true;
    seat.lastWrite = seat.lastWrite.then(() => {
      seat.isWriteDue = false;
      return seat.session
        ? this.#writeSeat(seat.session, seat)
        : this.#eraseSeat(guildId, seat);
    });
  }

  async #writeSeat(session: SeatedSession, known: KnownSeat) {
    const seat = session.getSeat();
    const written = JSON.stringify(seat);
    if (written === known.written) return;
    const isDone = await this.#tryStore(session.channel.guildId, (store) =>
      store.write(seat),
    );
    if (isDone && known.session === session) known.written = written;
  }

  async #eraseSeat(guildId: GuildId, known: KnownSeat) {
    if (!known.isOver) return;
    const isDone = await this.#tryStore(guildId, (store) => store.eraseSeat(guildId));
    if (!isDone || known.session) return;
    if (this.#seats.get(guildId) === known) this.#seats.delete(guildId);
    this.#stopTimerWhenIdle();
  }

  /** Runs `work` and reports a failure. Returns true if `work` succeeded. */
  async #tryStore(guildId: GuildId, work: (store: SeatStore) => Promise<unknown>) {
    return await withStoreTimeout(guildId, this.#deps, 'store.unwritable', async () => {
      await work(this.#seatStore);
      return true;
    });
  }

  get #isBusy() {
    const isLive = [...this.#seats.values()].some(
      ({ isOver, session }) => isOver || session,
    );
    return isLive || this.#deps.clock.nowMs() < this.#expireUntilMs;
  }

  #startTimer() {
    if (this.#stopTimer || this.#over.signal.aborted) return;
    this.#stopTimer = this.#deps.clock.later(aliveIntervalMs, () => {
      this.#stopTimer = undefined;
      this.#onTimer();
      if (this.#isBusy) this.#startTimer();
    });
  }

  #stopTimerWhenIdle() {
    if (this.#isBusy) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #onTimer() {
    // A connection that may be lost keeps no seat young.
    const nowMs = this.#deps.clock.nowMs();
    const alive: string[] = [];
    for (const [guildId, seat] of this.#seats) {
      if (seat.isOver || seat.session?.isLinked) this.#scheduleWrite(guildId, seat);
      if (seat.session?.isLinked) alive.push(guildId);
    }
    if (alive.length > 0) void this.#reportAlive(alive);
    if (nowMs - this.#expiredAtMs < expireIntervalMs) return;
    this.#expiredAtMs = nowMs;
    const [some = ''] = this.#seats.keys();
    void this.#tryStore(some, (store) => store.expireSeats(maxReturnAgeMs));
  }

  async #reportAlive(guildIds: readonly GuildId[]) {
    const [first = ''] = guildIds;
    if (await this.#tryStore(first, (store) => store.markAlive(guildIds))) return;
    for (const seat of this.#seats.values()) seat.written = undefined; // The answers of people there may be lost.
  }
}
