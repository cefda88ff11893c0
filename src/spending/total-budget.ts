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

export type TotalBudget = ReturnType<typeof createTotalBudget>;

export function createTotalBudget(options: TotalBudgetOptions) {
  const raised = new Set<AlertChange['name']>();
  let forget: (() => void) | undefined;

  function getRoom(): number {
    const { capNanoUsd, ledger, portion } = options;
    if (capNanoUsd === 0) return Infinity;
    return portion ? portion.room : capNanoUsd - getSpent() - ledger.getAllReserved();
  }

  function onRefused() {
    reportAlert(true);
  }

  function getSpent() {
    const { clock, ledger } = options;
    return ledger.getStanding(allServers, clock.wallMs()).day.nanoUsd;
  }

  /** Raises due alerts until the next day. With `isRefused` the cap counts as used. */
  function reportAlert(isRefused: boolean) {
    const { alert, capNanoUsd, clock } = options;
    const wallMs = clock.wallMs();
    const share = getSpent() / capNanoUsd;
    for (const [name, from] of alertShares) {
      if (raised.has(name) || (share < from && !isRefused)) continue;
      raised.add(name);
      const used = `${Math.floor(share * 100)} % of BUDGET_TOTAL_DAY_USD=${capNanoUsd / 1e9}`;
      const until = `the next day begins at ${formatUtcInstant(getNextDayMs(wallMs))}`;
      alert({
        kind: 'alert',
        name,
        state: 'raised',
        cause: `${used} is spent; ${until}.`,
      });
    }
    if (raised.size > 0)
      forget ??= clock.later(getNextDayMs(wallMs) - wallMs, () => clearAlert());
  }

  function clearAlert() {
    forget = undefined;
    for (const name of raised)
      options.alert({
        kind: 'alert',
        name,
        state: 'cleared',
        cause: 'A new day has begun.',
      });
    raised.clear();
  }

  return {
    canAfford(expected: number): boolean {
      const { capNanoUsd, portion } = options;
      const isFit =
        capNanoUsd === 0 || (portion?.canAfford(expected) ?? getRoom() >= expected);
      if (!isFit) onRefused();
      return isFit;
    },

    getRoom,

    /** Waits for money. Afterwards `getRoom` tells the rest. */
    requestPortion(nanoUsd: number): Promise<void> | undefined {
      return options.portion?.requestMore(nanoUsd);
    },

    onRefused,

    watchUse() {
      if (options.capNanoUsd > 0) reportAlert(false);
    },

    findToday(): SpentTotal | undefined {
      const { capNanoUsd } = options;
      return capNanoUsd === 0
        ? undefined
        : { usd: getSpent() / 1e9, capUsd: capNanoUsd / 1e9 };
    },

    [Symbol.dispose]() {
      forget?.();
    },
  };
}
