import type { AlertChange } from '#src/base/alerts.ts';
import type { BudgetParts } from '#src/spending/ledger/ledger-persistence.ts';
import type { TotalPortion } from '#src/spending/ledger/total-portion.ts';
import { formatUtcInstant, getNextDayMs } from './calendar.ts';
import { allServers } from './spending-store.ts';

/** `alert` is told of each alert about it, and of its end. */
export type TotalBudgetOptions = BudgetParts & {
  /** The most that all servers together may spend a day, in billionths of a dollar; 0: no cap. */
  readonly capNanoUsd: number;
  /** Part of the cap that this process may spend; absent: it spends alone. */
  readonly portion?: Pick<TotalPortion, 'requestMore' | 'canAfford' | 'room'>;
};

/** Spending of all servers today, in US dollars. */
export type SpentTotal = { readonly usd: number; readonly capUsd: number };

/** Alerts of the operator with the shares of the cap from which they are raised. */
const alertShares = [
  ['total-budget-low', 0.8],
  ['total-budget-used', 1],
] as const;

/** Cap of the operator over the money of all servers and processes together, by days of UTC. */
export class TotalBudget implements Disposable {
  readonly #options;
  readonly #raised = new Set<AlertChange['name']>();
  #forget: (() => void) | undefined;

  constructor(options: TotalBudgetOptions) {
    this.#options = options;
  }

  /** Whether work of that price, in billionths of a dollar, may begin. */
  canAfford(expected: number): boolean {
    const { capNanoUsd, portion } = this.#options;
    const isFit =
      capNanoUsd === 0 || (portion?.canAfford(expected) ?? this.getRoom() >= expected);
    if (!isFit) this.onRefused();
    return isFit;
  }

  /** Money that may be put aside, in billionths of a dollar. */
  getRoom(): number {
    const { capNanoUsd, ledger, portion } = this.#options;
    if (capNanoUsd === 0) return Infinity;
    return portion
      ? portion.room
      : capNanoUsd - this.#getSpent() - ledger.getAllReserved();
  }

  /** To be waited for before so much is put aside; undefined: `room` is what there is. */
  requestPortion(nanoUsd: number): Promise<void> | undefined {
    return this.#options.portion?.requestMore(nanoUsd);
  }

  /** To be called after a request did not fit. */
  onRefused(): void {
    this.#reportAlert(true);
  }

  /** To be called after something was spent. */
  watchUse(): void {
    if (this.#options.capNanoUsd > 0) this.#reportAlert(false);
  }

  /** Undefined where there is no cap. */
  findToday(): SpentTotal | undefined {
    const { capNanoUsd } = this.#options;
    return capNanoUsd === 0
      ? undefined
      : { usd: this.#getSpent() / 1e9, capUsd: capNanoUsd / 1e9 };
  }

  [Symbol.dispose](): void {
    this.#forget?.();
  }

  #getSpent() {
    const { clock, ledger } = this.#options;
    return ledger.getStanding(allServers, clock.wallMs()).day.nanoUsd;
  }

  /** Raises the alerts of the shares that are reached, until the next day; `isRefused`: the next answer fits no more. */
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
