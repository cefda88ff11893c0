import { SeatReturn } from '#src/features/seats/seat-return.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { SeatStore } from '#src/ports/stores/seat-store.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { Store } from '#src/storage/stores/store-parts.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';

/** A bot of one process, which finds in the store what former ones left there. */
export type SeatedBot = SessionFixture & {
  readonly store: Store;
  readonly seats: SeatReturn;
  /** Discord tells that the server is there. */
  arrive(): Promise<ReadonlySet<string>>;
};

/** A store in memory that outlives the processes of a test, on their clock. */
type StoredSeats = {
  readonly clock: VirtualClock;
  readonly store: Store;
  /** The process that runs: what a killed one would still write reaches nothing. */
  running?: object;
};

export async function openSeats(): Promise<StoredSeats> {
  const clock = new VirtualClock();
  return { clock, store: await openLocalStore(':memory:', { clock }) };
}

/** Seats as a process writes them until another one runs in its place. */
function seatsOf(kept: StoredSeats, seats: SeatStore): SeatStore {
  const process = {};
  kept.running = process;
  const whileAlive = async <T>(work: () => Promise<T>, nothing: T): Promise<T> =>
    kept.running === process ? await work() : nothing;
  return {
    read: (guildIds) => seats.read(guildIds),
    write: (seat) => whileAlive(() => seats.write(seat), undefined),
    alive: (guildIds) => whileAlive(() => seats.alive(guildIds), undefined),
    erase: (guildId) => whileAlive(() => seats.erase(guildId), undefined),
    expire: (idleMs) => whileAlive(() => seats.expire(idleMs), 0),
  };
}

/** Starts a process over that store; Adam and Eva sit in the Lounge. */
export function start(
  kept: StoredSeats,
  over: FixtureOptions = {},
  people: readonly ChannelMember[] = [adam, eva],
): SeatedBot {
  const { clock, store } = kept;
  const here = { ...places, people: () => people, ...over.places };
  const seatStore = seatsOf(kept, over.seatStore ?? store.seats);
  const onEvent = (guildId: string, event: SessionEvent) => {
    fixture.events.push(event);
    if (event.kind === 'left' && event.why === 'refused') void seats.givenUp(guildId);
  };
  const own = { onEvent, ...over, store: store.consents, places: here, seatStore };
  const fixture: SessionFixture = openSessionFixture(own, people, clock);
  const seats: SeatReturn = new SeatReturn(
    fixture.dependencies,
    fixture.sessions,
    seatStore,
    new AbortController().signal,
    () => undefined,
  );
  return { ...fixture, store, seats, arrive: () => seats.arrived([lounge.guildId]) };
}

/** A process in which Adam has called the bot; it is killed where nobody ends it. */
export async function called(...args: Parameters<typeof start>): Promise<SeatedBot> {
  const bot = start(...args);
  await bot.sessions.join(lounge, 'adam');
  await pass(bot, 100);
  return bot;
}

/** The next process, once it has returned to what it found or told why not. */
export async function restarted(...args: Parameters<typeof start>): Promise<SeatedBot> {
  const bot = start(...args);
  await bot.arrive();
  await bot.clock.advance(100);
  return bot;
}
