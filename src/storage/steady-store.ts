import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Store } from './store.ts';

type StoreCode = 'store.unreadable' | 'store.unwritable';
type Opening =
  | { readonly kind: 'open'; readonly store: Store }
  | { readonly kind: 'failed'; readonly error: BotError };

/** After a failure the store is opened anew, but not twice within this time. */
const reopenMs = 60_000;

/**
 * A store that the bot can start and live without: as long as it cannot be opened, each operation fails.
 *
 * `tell` hears of each new reason once, the first before this resolves. Not for `:memory:`, which forgets when reopened.
 */
export async function keepStore(
  open: () => Promise<Store>,
  clock: Clock,
  tell: (error: BotError) => void,
): Promise<Store> {
  const door = new StoreDoor(open, clock, tell);
  await door.reach();
  return {
    consents: {
      read: (guildId) => door.use('store.unreadable', ({ consents }) => consents.read(guildId)),
      write: (guildId, personId, standing) =>
        door.use('store.unwritable', ({ consents }) => consents.write(guildId, personId, standing)),
      count: (guildId, personId) =>
        door.use('store.unreadable', ({ consents }) => consents.count(guildId, personId)),
      erase: (guildId, personId) =>
        door.use('store.unwritable', ({ consents }) => consents.erase(guildId, personId)),
    },
    panels: {
      read: (guildId) => door.use('store.unreadable', ({ panels }) => panels.read(guildId)),
      write: (guildId, place) =>
        door.use('store.unwritable', ({ panels }) => panels.write(guildId, place)),
    },
    settings: {
      read: (guildId) => door.use('store.unreadable', ({ settings }) => settings.read(guildId)),
      write: (guildId, key, value) =>
        door.use('store.unwritable', ({ settings }) => settings.write(guildId, key, value)),
    },
    spending: {
      read: (day) => door.use('store.unreadable', ({ spending }) => spending.read(day)),
      add: (entries) => door.use('store.unwritable', ({ spending }) => spending.add(entries)),
    },
    tracks: {
      read: (guildId, channelId) =>
        door.use('store.unreadable', ({ tracks }) => tracks.read(guildId, channelId)),
      write: (guildId, channelId, all) =>
        door.use('store.unwritable', ({ tracks }) => tracks.write(guildId, channelId, all)),
    },
    backup: (toPath) => door.use('store.unreadable', (store) => store.backup(toPath)),
    [Symbol.asyncDispose]: () => door.close(),
  };
}

class StoreDoor {
  readonly #open: () => Promise<Store>;
  readonly #clock: Clock;
  readonly #tell: (error: BotError) => void;
  #opening: Promise<Opening> | undefined;
  #openedAtMs = Number.NEGATIVE_INFINITY;
  #doubtful = false;
  #closed = false;
  #told = '';

  constructor(open: () => Promise<Store>, clock: Clock, tell: (error: BotError) => void) {
    this.#open = open;
    this.#clock = clock;
    this.#tell = tell;
  }

  async use<T>(code: StoreCode, work: (store: Store) => Promise<T>): Promise<T> {
    const opening = await this.reach();
    if (opening.kind === 'failed') throw withCode(code, opening.error);
    try {
      return await work(opening.store);
    } catch (error) {
      this.#doubtful = true;
      throw error;
    }
  }

  /** The last opening, or a new one where that was in vain or has failed since. */
  reach(): Promise<Opening> {
    const nowMs = this.#clock.nowMs();
    const due = this.#doubtful && !this.#closed && nowMs - this.#openedAtMs >= reopenMs;
    if (this.#opening && !due) return this.#opening;
    this.#openedAtMs = nowMs;
    this.#doubtful = false;
    this.#opening = this.#reopen(this.#opening);
    return this.#opening;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opening = await this.#opening;
    if (opening?.kind === 'open') await opening.store[Symbol.asyncDispose]();
  }

  async #reopen(former: Promise<Opening> | undefined): Promise<Opening> {
    const before = await former;
    if (before?.kind === 'open') await before.store[Symbol.asyncDispose]();
    try {
      const store = await this.#open();
      this.#told = '';
      return { kind: 'open', store };
    } catch (error) {
      if (!(error instanceof BotError)) throw error;
      this.#doubtful = true;
      if (error.message !== this.#told) this.#tell(error);
      this.#told = error.message;
      return { kind: 'failed', error };
    }
  }
}

function withCode(code: StoreCode, { retryable, message, cause }: BotError): BotError {
  return new BotError(code, retryable, message, cause);
}
