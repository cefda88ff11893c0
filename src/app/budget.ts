import type { AlertChange } from '#src/base/alerts.ts';
import { realClock } from '#src/base/clock.ts';
import { type AnsweringWay, priceOf, tariffsOf } from '#src/config/tariffs.ts';
import type { Config } from '#src/config/types.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { LedgerPersistence } from '#src/spending/ledger/ledger-persistence.ts';
import { SharedLedger } from '#src/spending/ledger/shared-ledger.ts';
import type { SharedSpending } from '#src/spending/ledger/shared-spending.ts';
import { SessionBudgets } from '#src/spending/session-budgets.ts';
import type { SpendingStore } from '#src/spending/spending-store.ts';
import { TotalBudget } from '#src/spending/total-budget.ts';

export type BudgetOptions = {
  readonly config: Config;
  readonly spending: SpendingStore;
  /** Ledger in place of `spending`, where several processes spend. */
  readonly sharedSpending?: SharedSpending;
  /** Way in which this server is answered now. */
  readonly wayIn: (guildId: string) => AnsweringWay;
  /** Cap a day that a server has set below that of the operator, in billionths of a dollar; 0: none. */
  readonly ownCapIn: (guildId: string) => number;
  /** Own budgets of who is no person. */
  readonly ownCapOf: (payerId: string) => number | undefined;
  readonly onEvent: SessionDependencies['onEvent'];
  readonly alert: (change: AlertChange) => void;
  /** One sentence for the operator. */
  readonly warn: (message: string, cause: unknown) => void;
};

/** Opens the budget, with the money that was spent before. Closing it writes the rest down. Never throws. */
export async function openBudget({
  config,
  spending,
  sharedSpending,
  wayIn,
  ownCapIn,
  ownCapOf,
  onEvent,
  alert,
  warn,
}: BudgetOptions): Promise<{ readonly budgets: SessionBudgets } & AsyncDisposable> {
  const clock = realClock;
  const { totalDayNanoUsd: capNanoUsd } = config.budget;
  const ledger = new Ledger({ countsAll: capNanoUsd > 0 });
  const report = (error: unknown) =>
    warn(`Budgets count in memory only: ${error instanceof Error ? error.message : error}`, error);
  const common = { ledger, clock, report, alert };
  const exchange =
    sharedSpending && new SharedLedger({ ...common, shared: sharedSpending, former: spending });
  const keeper = exchange ?? new LedgerPersistence({ ...common, spending });
  await keeper.open();
  const total = new TotalBudget({ capNanoUsd, clock, ledger, alert });
  const budgets = new SessionBudgets({
    clock,
    ledger,
    caps: config.budget.caps,
    total,
    ...(exchange && { exchange }),
    ownCapIn,
    ownCapOf,
    onEvent,
    rateOf: (by, role) => priceOf(by, role, config.budget),
    tariffOf: tariffsOf(config, wayIn),
  });
  const close = async () => {
    total[Symbol.dispose]();
    await keeper[Symbol.asyncDispose]();
  };
  return { budgets, [Symbol.asyncDispose]: close };
}
