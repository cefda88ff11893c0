import type { Clock } from '#src/base/clock.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { openDatabase } from '#src/storage/database.ts';
import { SqliteDriver } from '#src/storage/sqlite/sqlite-driver.ts';
import { mainStore } from '#src/storage/store-kinds.ts';
import { makeMemoryJournal } from '#test/fakes/memory-journal.ts';
import { openFailingStores, type StoreTrouble } from '#test/fakes/memory-stores.ts';
import type { Luck } from './luck.ts';
import type { ProcessClock } from './process-clock.ts';

const neverAborted = new AbortController().signal;

/** Time, in ms, for which a disk is busy with something else, and the longest that an operation takes then. */
const [slowForMs, slowMs] = [3_000, 3_000];

/** Disk of a machine, which outlives its processes: the store of the bot, and the journal of refusals beside it. */
export class SimulatedDisk {
  readonly journal = makeMemoryJournal();
  readonly #database;
  readonly #luck;
  /** Longest time, in ms, of an operation: half of it passes before it is done, and durable, and the rest before that is known. */
  readonly #maxMs: number;
  readonly #clock: Clock;
  #slowUntilMs = Number.NEGATIVE_INFINITY;
  #operations = 0;

  constructor(clock: Clock, luck: Luck, maxMs: number) {
    const driver = new SqliteDriver(':memory:', mainStore.sqlite);
    this.#database = openDatabase({ driver, clock });
    this.#luck = luck;
    this.#maxMs = maxMs;
    this.#clock = clock;
  }

  /** The disk is busy with something else. */
  slowDown(): void {
    this.#slowUntilMs = this.#clock.nowMs() + slowForMs;
  }

  get #longestMs() {
    return this.#clock.nowMs() < this.#slowUntilMs ? slowMs : this.#maxMs;
  }

  /** Opens the stores for a process. A write of a process that has stopped is durable or not, and nobody learns of it. */
  openStores(
    clock: ProcessClock,
    findTrouble: (name: string) => StoreTrouble | undefined,
    onSeatAlive: () => void,
  ) {
    const database = this.#database;
    const performOperation = async <T>(work: () => Promise<T>) => {
      const ms = (this.#luck.draw(`disk ${this.#operations++}`) * this.#longestMs) / 2;
      if (ms > 0 || clock.hasStopped) await clock.sleep(ms, neverAborted);
      const result = await work();
      if (ms > 0 || clock.hasStopped) await clock.sleep(ms, neverAborted);
      return result;
    };
    const slow: StoreDatabase = {
      dialect: database.dialect,
      place: database.place,
      read: (work) => performOperation(() => database.read(work)),
      write: (work) => performOperation(() => database.write(work)),
      erase: (...erasing) => performOperation(() => database.erase(...erasing)),
      overwriteErased: (leaves) => database.overwriteErased(leaves),
      [Symbol.asyncDispose]: async () => undefined,
    };
    const stores = openFailingStores(slow);
    for (const [name, store] of Object.entries(stores))
      if (store)
        Object.defineProperty(store, 'trouble', { get: () => findTrouble(name) });
    const { seats } = stores;
    const markAlive = seats.markAlive.bind(seats);
    seats.markAlive = (...args) => {
      onSeatAlive();
      return markAlive(...args);
    };
    return stores;
  }
}
