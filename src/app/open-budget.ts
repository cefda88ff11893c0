import type { AlertChange } from '#src/base/alerts.ts';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/config.ts';
import {
  type AnsweringWay,
  createTariffs,
  findRolePrice,
} from '#src/config/tariffs.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { LedgerPersistence } from '#src/spending/ledger/ledger-persistence.ts';
import { type PortionStore, TotalPortion } from '#src/spending/ledger/total-portion.ts';
import { SessionBudgets } from '#src/spending/session-budgets.ts';
import type { SpendingStore } from '#src/spending/spending-store.ts';
import { TotalBudget } from '#src/spending/total-budget.ts';

export type BudgetOptions = {
  readonly config: Config;
  readonly spending: SpendingStore;
  /** Portions of the cap over all servers, where several processes spend. */
  readonly portions: PortionStore | undefined;
  /** Share of all shards, from 0 to 1, that this process serves. */
  readonly share: number;
  /** Way in which this server is answered now. */
  readonly wayIn: (guildId: GuildId) => AnsweringWay;
  /** Cap a day that a server has set below that of the operator, in billionths of a dollar; 0: none. */
  readonly ownCapIn: (guildId: GuildId) => number;
  /** Own budgets of who is no person. */
  readonly ownCapOf: (payerId: string) => number | undefined;
  readonly onEvent: SessionDependencies['onEvent'];
  readonly alert: (change: AlertChange) => void;
  /** One sentence for the operator. */
  readonly warn: (message: string, cause: unknown) => void;
};

/**
 * Opens the budget, with the money that was spent before; no other process may spend for these servers any more. Closing it
 * writes the rest down. Never throws.
 */
export async function openBudget(
  options: BudgetOptions,
): Promise<{ readonly budgets: SessionBudgets } & AsyncDisposable> {
  const { alert, config, portions, share, spending, warn, wayIn } = options;
  await using stack = new AsyncDisposableStack();
  const clock = realClock;
  const { caps, totalDayNanoUsd: capNanoUsd } = config.budget;
  const ledger = new Ledger({ countsAll: capNanoUsd > 0 });
  const reportError = (error: unknown) =>
    warn(
      `Budgets count in memory only: ${error instanceof Error ? error.message : error}`,
      error,
    );
  const common = { ledger, clock, report: reportError, alert };
  const portion =
    portions && capNanoUsd > 0
      ? stack.use(new TotalPortion({ ...common, capNanoUsd, share, store: portions }))
      : undefined;
  const persistence = stack.use(new LedgerPersistence({ ...common, spending }));
  await persistence.open();
  await portion?.open();
  const total = stack.use(new TotalBudget({ ...common, capNanoUsd, portion }));
  const budgets = new SessionBudgets({
    ...options,
    ...common,
    caps,
    total,
    rateOf: (by, role) => findRolePrice(by, role, config.budget),
    tariffOf: createTariffs(config, wayIn),
  });
  const closing = stack.move();
  return { budgets, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
