import type { AlertChange } from '#src/base/alerts.ts';
import type { BudgetParts } from '#src/spending/ledger/ledger-persistence.ts';
import type { TotalPortion } from '#src/spending/ledger/total-portion.ts';
import { formatUtcInstant, getNextDayMs } from './calendar.ts';
import { allServers } from './spending-store.ts';

/** `alert` reports the beginning and end of alerts. */
export type TotalBudgetOptions = BudgetParts & {
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

export class TotalBudget implements Disposable {
  readonly #options;
  readonly #raised = new Set<AlertChange['name']>();
  #forget: (() => void) | undefined;

  constructor(options: TotalBudgetOptions) {
    this.#options = options;
  }

  canAfford(expected: number): boolean {
    const { capNanoUsd, portion } = this.#options;
    const isFit =
      capNanoUsd === 0 || (portion?.canAfford(expected) ?? this.getRoom() >= expected);
    if (!isFit) this.onRefused();
    return isFit;
  }

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

  onRefused() {
    this.#reportAlert(true);
  }

  watchUse() {
    if (this.#options.capNanoUsd > 0) this.#reportAlert(false);
  }

  findToday(): SpentTotal | undefined {
    const { capNanoUsd } = this.#options;
    return capNanoUsd === 0
      ? undefined
      : { usd: this.#getSpent() / 1e9, capUsd: capNanoUsd / 1e9 };
  }

  [Symbol.dispose]() {
    this.#forget?.();
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
    for (const [name, from] of alertShares) {
      if (this.#raised.has(name) || (share < from && !isRefused)) continue;
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
      this.#forget ??= clock.later(getNextDayMs(wallMs) - wallMs, () =>
        this.#clearAlert(),
      );
  }

  #clearAlert() {
    this.#forget = undefined;
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
