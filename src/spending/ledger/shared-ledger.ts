import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/periodic-task.ts';
import { within } from '#src/base/waiting.ts';
import { dayOf } from '#src/spending/calendar.ts';
import type { SpendingStore } from '#src/spending/spending-store.ts';
import type { Ledger } from './ledger.ts';
import type { SharedSpending, SharedStanding } from './shared-spending.ts';

export type SharedLedgerOptions = {
  readonly ledger: Ledger;
  readonly shared: SharedSpending;
  /** Former spending of all servers, read once. */
  readonly former: Pick<SpendingStore, 'read'>;
  readonly clock: Clock;
  /** Each new reason once. */
  readonly report: (error: unknown) => void;
  readonly alert: (change: AlertChange) => void;
};

/** Exchange of the budgets of a process with those of the others. */
export interface BudgetExchange {
  /** Reserves of this server have changed: the others are to know at once. */
  changed(guildId: string): void;
  /** Resolves once it is known what all spend there, or cannot be for now; undefined: it is known. Never throws. */
  ready(guildId: string): Promise<void> | undefined;
}

/** Time, in ms, between two reports of sums alone. */
const apartMs = 1_000;
/** A report that takes longer, in ms, is no longer waited for: answers go on, counted from what is known. */
const patienceMs = 2_000;
/** Largest age, in ms, of the others' spending before an answer asks for it again. */
const freshMs = 60_000;
/** Reserves are reported again after so long, in ms; the store frees them after 5 minutes. */
const renewMs = 60_000;
/** Longest time, in ms, for the last report, and where the store is away: then nothing but a process that goes on helps. */
const [closeMs, awayMs] = [5_000, 500];

/**
 * Keeps a ledger as the store that several processes spend from. Each answer is begun only once the one before it was reported
 * and the others' reports are known, so that all together pass a cap by one answer each at most. While the store is away,
 * each process counts alone, and reports later.
 */
export class SharedLedger implements BudgetExchange, AsyncDisposable {
  readonly #options: SharedLedgerOptions;
  readonly #over = new AbortController();
  /** When the sums of all processes were told last, by server. */
  readonly #knownMs = new Map<string, number>();
  /** Servers to report at once. */
  #changed = new Set<string>();
  #reporting: Promise<void> | undefined;
  /** The report that is on its way, and since when. */
  #once: Promise<boolean> = Promise.resolve(true);
  #onceIds: ReadonlySet<string> = new Set();
  #sinceMs = Number.POSITIVE_INFINITY;
  #reported = '';
  #life: Promise<void> = Promise.resolve();

  constructor(options: SharedLedgerOptions) {
    this.#options = options;
  }

  /** Resolves when what was spent before is known, or cannot be for now. Never throws. */
  async open(): Promise<void> {
    const { clock, former, ledger, report } = this.#options;
    const late = () => new Error(`Former spending was not read within ${closeMs / 1000} s.`);
    try {
      ledger.recall(await within(former.read(dayOf(clock.wallMs())), closeMs, clock, late));
    } catch (error) {
      report(error);
    }
    this.#life = this.#live();
  }

  changed(guildId: string): void {
    for (const id of this.#options.ledger.countedUnder(guildId)) this.#changed.add(id);
    void this.#report();
  }

  ready(guildId: string): Promise<void> | undefined {
    const { shared, clock, ledger } = this.#options;
    const nowMs = clock.nowMs();
    const ids = ledger.countedUnder(guildId);
    if (ids.some((id) => this.#isOld(id, nowMs) && !this.#isUntold(id))) this.changed(guildId);
    const untold = ids.filter((id) => this.#isUntold(id));
    if (untold.length === 0) return undefined;
    const leftMs = patienceMs - Math.max(0, nowMs - this.#sinceMs);
    if (leftMs <= 0 || shared.isAway) return undefined;
    return within(this.#reportAbout(untold), leftMs, clock, () => new Error('late')).catch(ignore);
  }

  /** Reports what is left, within 5 s; within 0.5 s where the store is away. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('closed'));
    await this.#life;
    const last = async () => {
      await this.#reporting;
      await this.#report();
    };
    const { shared, clock } = this.#options;
    const mostMs = shared.isAway ? awayMs : closeMs;
    await within(last(), mostMs, clock, () => new Error('late')).catch(ignore);
  }

  async #live(): Promise<void> {
    const { alert, clock, ledger } = this.#options;
    let renewedMs = clock.nowMs();
    const run = () => {
      if (clock.nowMs() - renewedMs >= renewMs) {
        renewedMs = clock.nowMs();
        this.#changed = new Set([...this.#changed, ...ledger.reserving]);
      }
      if (ledger.hasUnsaved || this.#changed.size > 0) void this.#report();
    };
    await runPeriodically(
      {
        name: 'exchange of sums',
        clock,
        everyMs: apartMs,
        firstAfterMs: apartMs,
        run,
        report: alert,
      },
      this.#over.signal,
    );
  }

  #isOld(guildId: string, nowMs: number): boolean {
    return nowMs - (this.#knownMs.get(guildId) ?? Number.NEGATIVE_INFINITY) > freshMs;
  }

  #isUntold(guildId: string): boolean {
    return this.#changed.has(guildId) || this.#onceIds.has(guildId);
  }

  async #reportAbout(guildIds: readonly string[]): Promise<void> {
    while (guildIds.some((guildId) => this.#isUntold(guildId))) {
      void this.#report();
      if (!(await this.#once)) return;
    }
  }

  /** One report at a time; what changes meanwhile goes with the next one. */
  #report(): Promise<void> {
    this.#reporting ??= this.#reportAll().finally(() => {
      this.#reporting = undefined;
    });
    return this.#reporting;
  }

  async #reportAll(): Promise<void> {
    do {
      this.#once = this.#reportOnce();
      if (!(await this.#once)) return;
    } while (this.#changed.size > 0);
  }

  /** False: the store did not take it, and the next second is early enough. */
  async #reportOnce(): Promise<boolean> {
    const { shared, clock, ledger } = this.#options;
    const { forgotten } = ledger;
    const day = dayOf(clock.wallMs());
    const entries = ledger.drain();
    const guildIds = [...new Set([...this.#changed, ...entries.map(({ guildId }) => guildId)])];
    this.#changed = new Set();
    this.#onceIds = new Set(guildIds);
    this.#sinceMs = clock.nowMs();
    try {
      const reserves = ledger.reserves(guildIds);
      const standing = await shared.exchange({ day, guildIds, entries, reserves });
      // A standing from before a forgetting may still name the person.
      if (ledger.forgotten !== forgotten) this.#changed = new Set([...guildIds, ...this.#changed]);
      else this.#settle(guildIds, standing, day);
      this.#reported = '';
      return true;
    } catch (error) {
      ledger.putBack();
      this.#changed = new Set([...guildIds, ...this.#changed]);
      if (`${error}` !== this.#reported) this.#options.report(error);
      this.#reported = `${error}`;
      return false;
    } finally {
      this.#onceIds = new Set();
      this.#sinceMs = Number.POSITIVE_INFINITY;
    }
  }

  #settle(guildIds: readonly string[], standing: SharedStanding, day: string): void {
    const { clock, ledger } = this.#options;
    for (const guildId of guildIds) {
      ledger.settle(guildId, standing, day);
      this.#knownMs.set(guildId, clock.nowMs());
    }
  }
}

function ignore(): void {}
