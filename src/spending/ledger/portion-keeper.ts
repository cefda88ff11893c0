import type { AlertChange } from '#src/base/alerts.ts';
import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { dropOldest, Wakeup } from '#src/base/loops/mailbox.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import type {
  SpendingEntry,
  SpendingKey,
  SpendingStore,
} from '#src/spending/spending-store.ts';
import { type Ledger, toEntryKey } from './ledger.ts';

export type BudgetDeps = {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Takes the beginning and end of alerts. */
  readonly alert: (change: AlertChange) => void;
};

/** Money of a server, or of one person there, that a request is about to hold. */
export interface PortionClaim extends Disposable {
  /** Resolves once the store has taken what it can. Never rejects. Undefined where stored money suffices. */
  readonly waiting: Promise<void> | undefined;
}

/**
 * Stored money, from which alone requests are held. A killed process forgets nothing, as the next one counts every stored
 * portion as spent.
 */
export interface Portions {
  /** Billionths of a dollar that are stored and not held, for a server, or for one person there. */
  getRoom(guildId: GuildId, personId?: PersonId): number;
  /** Whether so much is stored, or may still be. */
  canAfford(guildId: GuildId, personId: PersonId | undefined, nanoUsd: number): boolean;
  /** Asks for money until the claim is disposed, after `getRoom` was asked again and the money is held. */
  claim(
    guildId: GuildId,
    personId: PersonId | undefined,
    nanoUsd: number,
  ): PortionClaim;
  /** Stores a portion in the background, as a request may follow. Never throws or waits. */
  prepare(guildId: GuildId, personId?: PersonId): void;
  /** Why there is no more: the cap of all servers is used, or the store takes nothing. */
  readonly limit: 'all' | 'unstored';
}

export type PortionKeeperOptions = BudgetDeps & {
  readonly spending: SpendingStore;
  /** Daily cap of all servers in billionths of a dollar. 0 means none. */
  readonly capNanoUsd: number;
  /** Other processes spend from the same cap. */
  readonly isShared?: boolean;
  /** Reports each new reason once. */
  readonly report: (error: unknown) => void;
};

/** Least portion, of 2 cents. */
const minPortionNanoUsd = 20_000_000;
/** Largest share of what is left of the cap that waits in a portion for requests to come. */
const maxLeftShare = 0.05;
/** Least time between writes. */
const minWriteIntervalMs = 1_000;
/** An unused portion is given back after this time, and sums of other processes are read. */
const renewMs = 60_000;
/** After this wait the store counts as away. */
const storeTimeoutMs = 2_000;
/** A hanging disk must not delay start or end. */
const openTimeoutMs = 5_000;
const maxTargets = 1_000;

type OpenPortion = SpendingKey & {
  /** Billionths of a dollar that are surely stored beside the sums, also while a write runs. */
  nanoUsd: number;
  /** Sum of the running claims. */
  wantedNanoUsd: number;
  usedMs: number;
};

/** Keeps ledger and store in step: portions are stored before requests leave, and sums soon after. */
export class PortionKeeper implements Portions, AsyncDisposable {
  readonly #options: PortionKeeperOptions;
  readonly #over = new AbortController();
  readonly #wakeup: Wakeup;
  readonly #portions = new Map<string, OpenPortion>();
  /** Money that a request in each server lately needed at most. */
  readonly #targets = new Map<GuildId, number>();
  #leftNanoUsd: number;
  #isRecalled = false;
  #isAway = false;
  #reported = '';
  #cancelReturn: (() => void) | undefined;
  #saving = Promise.resolve();
  #write = Promise.resolve();
  #nextWrite: Promise<void> | undefined;

  constructor(options: PortionKeeperOptions) {
    this.#options = options;
    this.#wakeup = new Wakeup(options.clock);
    this.#leftNanoUsd = options.capNanoUsd === 0 ? Infinity : options.capNanoUsd;
  }

  /** Reads stored sums, and begins to store new ones. Never throws. */
  async open(): Promise<void> {
    await this.#waitAtMost(this.#requestWrite(), openTimeoutMs);
    this.#saving = this.#saveRegularly();
  }

  /** Writes the sums, and gives back what no request holds, within 5 s. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('closed'));
    this.#cancelReturn?.();
    const end = async () => {
      await this.#saving;
      await this.#requestWrite();
    };
    await this.#waitAtMost(end(), openTimeoutMs);
  }

  /** Why there is no more money. */
  get limit(): 'all' | 'unstored' {
    return this.#isAway ? 'unstored' : 'all';
  }

  /** Billionths of a dollar that are stored and not held. */
  getRoom(guildId: GuildId, personId?: PersonId): number {
    const rooms = this.#listKeys(guildId, personId).map((key) => {
      const { nanoUsd = 0 } = this.#portions.get(toEntryKey(key)) ?? {};
      return nanoUsd - this.#options.ledger.getOpen(key);
    });
    return Math.min(...rooms);
  }

  /** Whether so much is stored, or may still be. */
  canAfford(
    guildId: GuildId,
    personId: PersonId | undefined,
    nanoUsd: number,
  ): boolean {
    if (this.#isAway) return this.getRoom(guildId, personId) >= nanoUsd;
    const key = { guildId, day: toUtcDay(this.#options.clock.wallMs()) };
    // Portions of other servers here that wait for requests to come are given up for a request.
    const spares = [...this.#portions.values()]
      .filter((portion) => portion.personId === undefined && portion.day === key.day)
      .map((portion) => portion.nanoUsd - this.#options.ledger.getOpen(portion));
    const free = spares.reduce((sum, spare) => sum + Math.max(0, spare), 0);
    const owed = Math.min(0, this.getRoom(guildId));
    return this.#leftNanoUsd + free + owed >= nanoUsd;
  }

  /** Asks for money until the claim is disposed. */
  claim(
    guildId: GuildId,
    personId: PersonId | undefined,
    nanoUsd: number,
  ): PortionClaim {
    const portions = this.#usePortions(guildId, personId);
    const target = (this.#targets.get(guildId) ?? minPortionNanoUsd) * 0.9;
    this.#targets.set(guildId, Math.max(minPortionNanoUsd, nanoUsd, target));
    dropOldest(this.#targets, maxTargets);
    for (const portion of portions) portion.wantedNanoUsd += nanoUsd;
    const hasRoom = () => this.getRoom(guildId, personId) >= nanoUsd;
    const isWaiting = !this.#isAway && !hasRoom();
    return {
      waiting: isWaiting ? this.#requestUntil(hasRoom) : undefined,
      [Symbol.dispose]: () => {
        for (const portion of portions) portion.wantedNanoUsd -= nanoUsd;
        this.#refill(guildId, personId);
      },
    };
  }

  /** Stores a portion in the background. Never throws or waits. */
  prepare(guildId: GuildId, personId?: PersonId): void {
    this.#usePortions(guildId, personId);
    this.#refill(guildId, personId);
  }

  /** Stores the next portion before the present one is used. */
  #refill(guildId: GuildId, personId: PersonId | undefined) {
    const isLow = this.getRoom(guildId, personId) < this.#getSpare(guildId) / 2;
    if (isLow && !this.#isAway) void this.#requestWrite();
  }

  #getSpare(guildId: GuildId) {
    const target = this.#targets.get(guildId) ?? minPortionNanoUsd;
    return Math.min(target, this.#leftNanoUsd * maxLeftShare);
  }

  /** Lists what a payer draws from. A person has a portion beside that of the server, so that a kill costs nobody else a share. */
  #listKeys(guildId: GuildId, personId: PersonId | undefined): readonly SpendingKey[] {
    const { clock, ledger } = this.#options;
    const day = toUtcDay(clock.wallMs());
    const isNamed = personId !== undefined && !ledger.isForgotten(guildId, personId);
    return [{ guildId, day }, ...(isNamed ? [{ guildId, personId, day }] : [])];
  }

  #usePortions(guildId: GuildId, personId: PersonId | undefined) {
    if (!this.#over.signal.aborted) this.#returnLater();
    return this.#listKeys(guildId, personId).map((key) => {
      const portion = this.#getPortion(key);
      portion.usedMs = this.#options.clock.nowMs();
      return portion;
    });
  }

  #getPortion({ guildId, personId, day }: SpendingKey) {
    const key = toEntryKey({ guildId, personId, day });
    const portion = this.#portions.get(key) ?? {
      guildId,
      personId,
      day,
      nanoUsd: 0,
      wantedNanoUsd: 0,
      usedMs: -Infinity,
    };
    this.#portions.set(key, portion);
    return portion;
  }

  /** Gives portions back that nothing has used for a while. */
  #returnLater() {
    const returnUnused = async () => {
      this.#cancelReturn = undefined;
      await this.#requestWrite();
      if (this.#portions.size > 0 && !this.#over.signal.aborted) this.#returnLater();
    };
    this.#cancelReturn ??= this.#options.clock.later(
      renewMs,
      () => void returnUnused(),
    );
  }

  async #requestUntil(hasRoom: () => boolean) {
    const request = async () => {
      do await this.#requestWrite();
      while (!this.#isAway && this.#leftNanoUsd > 0 && !hasRoom());
    };
    await this.#waitAtMost(request(), storeTimeoutMs);
  }

  /** Waits for the store. If it is late, it counts as away until it answers. Never rejects. */
  async #waitAtMost(work: Promise<void>, ms: number) {
    const { clock } = this.#options;
    const message = `The store did not answer in ${ms / 1_000} s.`;
    const createError = () => new BotError('store.unwritable', true, message);
    await withTimeout(work, ms, clock, createError).catch((error: unknown) =>
      this.#noteFailure(error),
    );
  }

  /** Writes once after the running write. Callers until then share it. Never rejects. */
  #requestWrite() {
    this.#nextWrite ??= this.#write.then(() => {
      this.#nextWrite = undefined;
      this.#write = this.#sendWrite().catch((error: unknown) =>
        this.#noteFailure(error),
      );
      return this.#write;
    });
    return this.#nextWrite;
  }

  /** Stores sums as they change. No timer runs while everything is stored. */
  async #saveRegularly() {
    const { alert, clock, ledger } = this.#options;
    let cancelWakeup: (() => void) | undefined;
    ledger.onUnsaved(() => {
      cancelWakeup?.();
      cancelWakeup = clock.later(minWriteIntervalMs, () => this.#wakeup.wake());
    });
    await runPeriodically(
      {
        name: 'writing of sums',
        clock,
        everyMs: () => this.#getPauseMs(),
        initialDelayMs: minWriteIntervalMs,
        wakeup: this.#wakeup,
        run: () => (this.#isDue() ? this.#requestWrite() : undefined),
        report: alert,
      },
      this.#over.signal,
    );
    ledger.onUnsaved(() => undefined);
    cancelWakeup?.();
  }

  #isDue() {
    const { isShared, ledger } = this.#options;
    return isShared || this.#isAway || ledger.hasUnsaved;
  }

  #getPauseMs() {
    const { isShared, ledger } = this.#options;
    if (this.#isAway || ledger.hasUnsaved) return minWriteIntervalMs;
    return isShared ? renewMs : Number.POSITIVE_INFINITY;
  }

  async #sendWrite() {
    const { capNanoUsd, clock, ledger, spending } = this.#options;
    await this.#recallEntries();
    const day = toUtcDay(clock.wallMs());
    const entries = ledger.listUnsaved();
    const portions = this.#sizePortions(entries);
    const written = await spending.write({ day, entries, portions, capNanoUsd });
    ledger.noteSaved(entries);
    ledger.settleTotal(day, written.takenNanoUsd);
    for (const granted of written.portions) this.#settlePortion(granted);
    this.#leftNanoUsd = written.leftNanoUsd;
    this.#isAway = false;
    this.#reported = '';
  }

  /** Lists the new portions. Until the store has answered, the smaller of both counts, as the write may be lost or done. */
  #sizePortions(entries: readonly SpendingEntry[]) {
    const { ledger } = this.#options;
    for (const [key, { guildId, personId }] of this.#portions)
      if (personId !== undefined && ledger.isForgotten(guildId, personId))
        this.#portions.delete(key);
    for (const entry of entries) this.#getPortion(entry);
    const saved = new Map(entries.map((entry) => [toEntryKey(entry), entry.nanoUsd]));
    const requests = [...this.#portions].map(([key, portion]) => {
      const { guildId, personId, day, wantedNanoUsd } = portion;
      const savedNanoUsd = saved.get(key) ?? 0;
      const needed = ledger.getOpen(portion) - savedNanoUsd + wantedNanoUsd;
      const nanoUsd = Math.ceil(needed + this.#chooseSpare(portion));
      const usedNanoUsd = Math.max(
        0,
        Math.min(portion.nanoUsd - savedNanoUsd, nanoUsd),
      );
      portion.nanoUsd = Math.min(portion.nanoUsd, savedNanoUsd + nanoUsd);
      return { guildId, personId, day, nanoUsd, usedNanoUsd };
    });
    // Requests that wait come before portions for later.
    const isWanted = (request: SpendingKey) =>
      this.#getPortion(request).wantedNanoUsd > 0;
    return requests.sort((a, b) => Number(isWanted(b)) - Number(isWanted(a)));
  }

  /** An unused portion shrinks to what is held, as does one of another day. */
  #chooseSpare({ day, guildId, usedMs }: OpenPortion) {
    const { clock } = this.#options;
    const isUsed = clock.nowMs() - usedMs < renewMs && day === toUtcDay(clock.wallMs());
    return isUsed && !this.#over.signal.aborted ? this.#getSpare(guildId) : 0;
  }

  #settlePortion(granted: SpendingKey & { readonly nanoUsd: number }) {
    const portion = this.#getPortion(granted);
    portion.nanoUsd = granted.nanoUsd;
    const isEmpty = granted.nanoUsd === 0 && portion.wantedNanoUsd === 0;
    if (isEmpty && this.#options.ledger.getOpen(portion) === 0)
      this.#portions.delete(toEntryKey(granted));
  }

  /** Loads stored sums once, as later writes only add. */
  async #recallEntries() {
    const { clock, ledger, spending } = this.#options;
    if (this.#isRecalled) return;
    ledger.recall(await spending.read(toUtcDay(clock.wallMs())));
    this.#isRecalled = true;
  }

  #noteFailure(error: unknown) {
    this.#isAway = true;
    this.#wakeup.end();
    if (`${error}` !== this.#reported) this.#options.report(error);
    this.#reported = `${error}`;
  }
}
