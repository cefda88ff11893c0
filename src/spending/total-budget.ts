import type { AlertChange } from '#src/base/alerts.ts';
import type { BudgetDeps } from '#src/spending/ledger/ledger-persistence.ts';
import type { TotalPortion } from '#src/spending/ledger/total-portion.ts';
import { formatUtcInstant, getNextDayMs } from './calendar.ts';
import { allServers } from './spending-store.ts';

/** `alert` reports the beginning and end of alerts. */
export type TotalBudgetOptions = BudgetDeps & {
  /** Daily cap of all servers in billionths of a dollar. 0 means none. */
  readonly capNanoUsd: number;
  /** Portion of this process. Absent if it spends alone. */
  readonly portion?: Pick<TotalPortion, 'requestMore' | 'canAfford' | 'room'>;
};

export type SpentTotal = { readonly usd: number; readonly capUsd: number };

const alertShares = [
  ['total-budget-low', 0.8],
  ['total-budget-used', 1],
] as const;

/** Daily budget of all servers together. Alerts tell the operator when it gets low. */
export class TotalBudget implements Disposable {
  readonly #options: TotalBudgetOptions;
  readonly #raised = new Set<AlertChange['name']>();
  #cancelClearing: (() => void) | undefined;

  constructor(options: TotalBudgetOptions) {
    this.#options = options;
  }

  /** Whether an amount in billionths of a dollar fits. If it does not, the alert `total-budget-used` is raised. */
  canAfford(nanoUsd: number): boolean {
    const { capNanoUsd, portion } = this.#options;
    const isFit =
      capNanoUsd === 0 || (portion?.canAfford(nanoUsd) ?? this.getRoom() >= nanoUsd);
    if (!isFit) this.onRefused();
    return isFit;
  }

  /** Billionths of a dollar that are neither spent nor set aside today. Infinite without a cap. */
  getRoom(): number {
    const { capNanoUsd, ledger, portion } = this.#options;
    if (capNanoUsd === 0) return Infinity;
    return portion
      ? portion.room
      : capNanoUsd - this.#getSpent() - ledger.getAllReserved();
  }

  /** Waits for money. Afterwards `getRoom` tells the rest. */
  requestPortion(nanoUsd: number): Promise<void> | undefined {
    return this.#options.portion?.requestMore(nanoUsd);
  }

  /** Raises the alerts, as a request was refused. Call it only when this budget is the reason. */
  onRefused(): void {
    this.#reportAlert(true);
  }

  /** Raises an alert if the spent share has reached its limit. Call it after each charge. */
  watchUse(): void {
    if (this.#options.capNanoUsd > 0) this.#reportAlert(false);
  }

  /** US dollars that are spent today, and the cap. Undefined without a cap. */
  findToday(): SpentTotal | undefined {
    const { capNanoUsd } = this.#options;
    return capNanoUsd === 0
      ? undefined
      : { usd: this.#getSpent() / 1e9, capUsd: capNanoUsd / 1e9 };
  }

  /** Stops the timer that clears alerts at the next day. */
  [Symbol.dispose](): void {
    this.#cancelClearing?.();
  }

  #getSpent() {
    const { clock, ledger } = this.#options;
    return ledger.getStanding(allServers, clock.wallMs()).day.nanoUsd;
  }

  /** Raises due alerts until the next day. With `isRefused` the cap counts as used. */
  #reportAlert(isRefused: boolean) {
    const { alert, capNanoUsd, clock } = this.#options;
    const wallMs = clock.wallMs();
    const share = this.#getSpent() / capNanoUsd;
    for (const [name, minShare] of alertShares) {
      if (this.#raised.has(name) || (share < minShare && !isRefused)) continue;
      this.#raised.add(name);
      const used = `${Math.floor(share * 100)} % of BUDGET_TOTAL_DAY_USD=${capNanoUsd / 1e9}`;
      const until = `the next day begins at ${formatUtcInstant(getNextDayMs(wallMs))}`;
      alert({
        kind: 'alert',
        name,
        state: 'raised',
        cause: `${used} is spent; ${until}.`,
      });
    }
    if (this.#raised.size > 0)
      this.#cancelClearing ??= clock.later(getNextDayMs(wallMs) - wallMs, () =>
        this.#clearAlerts(),
      );
  }

  #clearAlerts() {
    this.#cancelClearing = undefined;
    for (const name of this.#raised)
      this.#options.alert({
        kind: 'alert',
        name,
        state: 'cleared',
        cause: 'A new day has begun.',
      });
    this.#raised.clear();
  }
}
