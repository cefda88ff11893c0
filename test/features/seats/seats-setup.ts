import { type GuildId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { SeatReturn } from '#src/features/seats/seat-return.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { SeatStore } from '#src/ports/stores.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { Store } from '#src/stores/store-parts.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  passTime,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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

export async function openSeats() {
  const clock = new VirtualClock();
  return { clock, store: await openLocalStore(':memory:', { clock }) };
}

/** Seats as a process writes them until another one runs in its place. */
function makeSeats(kept: StoredSeats, seats: SeatStore): SeatStore {
  const process = {};
  kept.running = process;
  const whileAlive = async <T>(work: () => Promise<T>, nothing: T) =>
    kept.running === process ? await work() : nothing;
  return {
    read: (guildIds) => seats.read(guildIds),
    write: (seat) => whileAlive(() => seats.write(seat), undefined),
    markAlive: (guildIds) => whileAlive(() => seats.markAlive(guildIds), undefined),
    eraseSeat: (guildId) => whileAlive(() => seats.eraseSeat(guildId), undefined),
    expireSeats: (idleMs) => whileAlive(() => seats.expireSeats(idleMs), 0),
  };
}

/** Starts a process over that store; Adam and Eva sit in the Lounge. */
export function startBot(
  kept: StoredSeats,
  overrides: FixtureOptions = {},
  people: readonly ChannelMember[] = [adam, eva],
) {
  const { clock, store } = kept;
  const here = { ...places, listPeople: () => people, ...overrides.places };
  const seatStore = makeSeats(kept, overrides.seatStore ?? store.seats);
  const onEvent = (guildId: GuildId, event: SessionEvent) => {
    fixture.events.push(event);
    if (event.kind === 'left' && event.why === 'refused')
      void seats.onSessionGivenUp(guildId);
  };
  const own = { onEvent, ...overrides, store: store.consents, places: here, seatStore };
  const fixture: SessionFixture = openSessionFixture(own, people, clock);
  const seats = new SeatReturn(
    fixture.dependencies,
    fixture.sessions,
    seatStore,
    new AbortController().signal,
    () => undefined,
  );
  return {
    ...fixture,
    store,
    seats,
    arrive: () => seats.onGuildsArrived([toGuildId(lounge.guildId)]),
  };
}

/** A process in which Adam has called the bot; it is killed where nobody ends it. */
export async function makeCalled(...args: Parameters<typeof startBot>) {
  const bot = startBot(...args);
  await bot.sessions.join(lounge, toPersonId('adam'));
  await passTime(bot, 100);
  return bot;
}

/** The next process, once it has returned to what it found or told why not. */
export async function makeRestarted(...args: Parameters<typeof startBot>) {
  const bot = startBot(...args);
  await bot.arrive();
  await bot.clock.advance(100);
  return bot;
}
