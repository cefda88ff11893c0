import { returnMs } from '#src/people/join-rules.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { Seat, SeatStore } from '#src/ports/stores/seat-store.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';

/** A session whose seat is kept. */
type SeatedSession = {
  readonly channel: ChannelRef;
  /** Whether its link is there. */
  readonly isLinked: boolean;
  /** Current seat. */
  seat(): Seat;
};

/** Known state of the seat in one server. */
type KnownSeat = {
  /** Undefined once it has ended. */
  session: SeatedSession | undefined;
  /** Content of the store, as far as it is known. */
  written: string | undefined;
  /** It is to be deleted. */
  isOver: boolean;
  /** Writes come one after the other. */
  turn: Promise<void>;
  isDue: boolean;
};

/** Reasons after which the bot returns to its seat. */
const keepsSeat: ReadonlySet<LeaveReason> = new Set(['stopped', 'lost', 'refused']);

/** Interval in ms at which seats of sessions are written as alive. */
const aliveMs = 15_000;
/** Interval in ms at which the store is asked to delete what people said in sessions that are over. */
const expireMs = 60_000;

/** Keeps in the store where the bot sits and what people said there, for a process that ends. No caller waits for it. */
export class SeatPersistence implements AsyncDisposable {
  readonly #parts;
  readonly #seatStore;
  readonly #seats = new Map<string, KnownSeat>();
  readonly #over = new AbortController();
  #stopTimer: (() => void) | undefined;
  #expiredAtMs = Number.NEGATIVE_INFINITY;
  /** Until then, in ms, seats without a session grow old enough one after the other. */
  #expireUntilMs = Number.NEGATIVE_INFINITY;

  constructor(parts: StoreWatch, seatStore: SeatStore) {
    this.#parts = parts;
    this.#seatStore = seatStore;
  }

  /** The bot sits there, or something of that session has changed. */
  note(session: SeatedSession): void {
    const { guildId } = session.channel;
    const seat = this.#seat(guildId);
    if (seat.session !== session) seat.written = undefined;
    seat.session = session;
    seat.isOver = false;
    this.#schedule(guildId, seat);
    this.#watch();
  }

  /** The session has ended: its seat is kept where the bot goes on or is to return. */
  ended(session: SeatedSession, why: LeaveReason): void {
    const { guildId } = session.channel;
    const seat = this.#seats.get(guildId);
    if (seat?.session !== session) return;
    seat.session = undefined;
    if (why === 'moved') return; // another session goes on there, or it is dropped
    if (keepsSeat.has(why)) this.expireLater();
    else this.drop(guildId);
    this.#rest();
  }

  /** Deletes the seat: the bot does not sit there, nor is to return. */
  drop(guildId: GuildId): void {
    const seat = this.#seat(guildId);
    if (seat.session) return;
    seat.isOver = true;
    this.#schedule(guildId, seat);
    this.#watch();
  }

  /** Deletes the answers of people with seats of a former run as these grow old. */
  expireLater(): void {
    this.#expireUntilMs = this.#parts.clock.nowMs() + returnMs + expireMs;
    this.#watch();
  }

  /** Resolves when the store holds what is known now, or has failed to. */
  async settled(guildId: GuildId): Promise<void> {
    const seat = this.#seats.get(guildId);
    if (seat) this.#schedule(guildId, seat);
    await seat?.turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('the seat keeper is closed'));
    this.#stopTimer?.();
    await Promise.all([...this.#seats.values()].map(({ turn }) => turn));
  }

  #seat(guildId: GuildId): KnownSeat {
    const fresh = { session: undefined, written: undefined, isOver: false, isDue: false };
    const seat = this.#seats.get(guildId) ?? { ...fresh, turn: Promise.resolve() };
    this.#seats.set(guildId, seat);
    return seat;
  }

  #schedule(guildId: GuildId, seat: KnownSeat) {
    if (seat.isDue) return;
    seat.isDue = true;
    seat.turn = seat.turn.then(() => {
      seat.isDue = false;
      return seat.session ? this.#write(seat.session, seat) : this.#erase(guildId, seat);
    });
  }

  async #write(session: SeatedSession, known: KnownSeat) {
    const seat = session.seat();
    const written = JSON.stringify(seat);
    if (written === known.written) return;
    const isDone = await this.#store(session.channel.guildId, (store) => store.write(seat));
    if (isDone && known.session === session) known.written = written;
  }

  async #erase(guildId: GuildId, known: KnownSeat) {
    if (!known.isOver) return;
    const isDone = await this.#store(guildId, (store) => store.erase(guildId));
    if (!isDone || known.session) return;
    if (this.#seats.get(guildId) === known) this.#seats.delete(guildId);
    this.#rest();
  }

  /** False where it failed, which is reported to the operator. */
  async #store(guildId: GuildId, work: (store: SeatStore) => Promise<unknown>): Promise<boolean> {
    const done = await withStoreTimeout(guildId, this.#parts, 'store.unwritable', async () => {
      await work(this.#seatStore);
      return true;
    });
    return done === true;
  }

  get #isBusy(): boolean {
    const isLive = [...this.#seats.values()].some(({ isOver, session }) => isOver || session);
    return isLive || this.#parts.clock.nowMs() < this.#expireUntilMs;
  }

  #watch() {
    if (this.#stopTimer || this.#over.signal.aborted) return;
    this.#stopTimer = this.#parts.clock.later(aliveMs, () => {
      this.#stopTimer = undefined;
      this.#tick();
      if (this.#isBusy) this.#watch();
    });
  }

  #rest() {
    if (this.#isBusy) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  /** A link that may be lost keeps no seat young. */
  #tick() {
    const nowMs = this.#parts.clock.nowMs();
    const alive: string[] = [];
    for (const [guildId, seat] of this.#seats) {
      if (seat.isOver || seat.session?.isLinked) this.#schedule(guildId, seat);
      if (seat.session?.isLinked) alive.push(guildId);
    }
    if (alive.length > 0) void this.#reportAlive(alive);
    if (nowMs - this.#expiredAtMs < expireMs) return;
    this.#expiredAtMs = nowMs;
    const [some = ''] = this.#seats.keys();
    void this.#store(some, (store) => store.expire(returnMs));
  }

  async #reportAlive(guildIds: readonly GuildId[]) {
    const [first = ''] = guildIds;
    if (await this.#store(first, (store) => store.alive(guildIds))) return;
    for (const seat of this.#seats.values()) seat.written = undefined; // what people said there may be lost
  }
}
