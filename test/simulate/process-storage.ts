import { type PersonId, toPersonId } from '#src/base/ids.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { PortionKeeper } from '#src/spending/ledger/portion-keeper.ts';
import type { SessionBudgets } from '#src/spending/session-budgets.ts';
import { lounge } from '#test/conversation/setup/session-fixture.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import type { MemoryStores, StoreTrouble } from '#test/fakes/memory-stores.ts';
import type { ProcessClock } from './process-clock.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { everybody } from './simulated-scenes.ts';
import { speakingModelPrice, type WorldPlan } from './world-plan.ts';

/** Daily cap of a person, in US dollars, below which the money may end in the middle of the talk. */
export const healthyCapUsd = 1;

export type ProcessStorageOptions = {
  readonly clock: ProcessClock;
  readonly plan: WorldPlan;
  readonly disk: SimulatedDisk;
  readonly findTrouble: () => StoreTrouble | undefined;
  readonly onSeatAlive: () => void;
  /** Daily cap of each person, in billionths of a dollar, in place of the usual one. */
  readonly getCap: () => number | undefined;
};

/** What one process keeps on the disk: its stores, and its money. What a former one could spend counts as spent. */
export class ProcessStorage implements AsyncDisposable {
  readonly stores: MemoryStores;
  readonly budgets: SessionBudgets;
  readonly #clock;
  readonly #ledger = new Ledger();
  readonly #portions;
  /** Money that each person had spent before, in billionths of a dollar. */
  readonly #inherited = new Map<PersonId, number>();

  constructor(options: ProcessStorageOptions) {
    const { clock, disk, findTrouble, getCap, onSeatAlive, plan } = options;
    // Money is not refused for want of the store where judges count on it.
    const isSure = (name: string) =>
      name === 'spending' && plan.capUsd >= healthyCapUsd;
    this.stores = disk.openStores(
      clock,
      (name) => (isSure(name) ? undefined : findTrouble()),
      onSeatAlive,
    );
    this.#clock = clock;
    const common = { clock, ledger: this.#ledger };
    this.#portions = new PortionKeeper({
      ...common,
      spending: this.stores.spending,
      capNanoUsd: 0,
      report: () => undefined,
      alert: () => undefined,
    });
    const speaks = plan.pipeline !== 'chained' || plan.scenes.has('settings');
    this.budgets = openBudgets(clock, {
      ledger: this.#ledger,
      portions: this.#portions,
      caps: { personDay: toUsd(plan.capUsd) },
      tariff: speaks ? { think: speakingModelPrice } : {},
      getProgramCap: getCap,
    }).budgets;
  }

  /** Reads what was spent before. All that a killed process could spend counts as spent. */
  async open(): Promise<void> {
    await this.#portions.open();
    for (const id of everybody) {
      const by = toPersonId(id);
      this.#inherited.set(by, this.getSpent(by));
    }
  }

  /** Writes the sums. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#portions[Symbol.asyncDispose]();
  }

  /** Money that a person has spent today through this process, in billionths of a dollar. */
  getSpent(by: PersonId): number {
    const { nanoUsd } = this.#ledger.getShare(lounge.guildId, by, this.#clock.wallMs());
    return nanoUsd - (this.#inherited.get(by) ?? 0);
  }

  /** Money that a person had spent today before this process, as far as it knows, in billionths of a dollar. */
  getInherited(by: PersonId): number {
    return this.#inherited.get(by) ?? 0;
  }

  /** Money that is set aside, in billionths of a dollar. */
  get reserved(): number {
    return this.#ledger.getReserved(lounge.guildId);
  }

  /** Sets money aside for ever. A planted fault. */
  leakReservation(): void {
    this.#ledger.reserve(lounge.guildId, undefined, 1, this.#clock.wallMs());
  }
}
