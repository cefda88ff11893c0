import type { AlertChange } from '#src/base/alerts.ts';
import { admitSetting, writeSentence } from '#src/base/logged-text.ts';
import type { BudgetDeps } from '#src/spending/ledger/portion-keeper.ts';
import { formatUtcInstant, getNextDayMs } from './calendar.ts';

/** `alert` reports the beginning and end of alerts. */
export type TotalBudgetOptions = BudgetDeps & {
  /** Daily cap of all servers in billionths of a dollar. 0 means none. */
  readonly capNanoUsd: number;
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
    return ledger.getTotal(clock.wallMs());
  }

  /** Raises due alerts until the next day. With `isRefused` the cap counts as used. */
  #reportAlert(isRefused: boolean) {
    const { alert, capNanoUsd, clock } = this.#options;
    const wallMs = clock.wallMs();
    const share = this.#getSpent() / capNanoUsd;
    for (const [name, minShare] of alertShares) {
      if (this.#raised.has(name) || (share < minShare && !isRefused)) continue;
      this.#raised.add(name);
      const used = writeSentence`${Math.floor(share * 100)} % of BUDGET_TOTAL_DAY_USD=${capNanoUsd / 1e9}`;
      const until = writeSentence`the next day begins at ${admitSetting(formatUtcInstant(getNextDayMs(wallMs)))}`;
      alert({
        kind: 'alert',
        name,
        state: 'raised',
        cause: writeSentence`${used} is spent; ${until}.`,
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
        cause: writeSentence`A new day has begun.`,
      });
    this.#raised.clear();
  }
}
