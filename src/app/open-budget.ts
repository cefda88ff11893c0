import type { AlertChange } from '#src/base/alerts.ts';
import { realClock } from '#src/base/clock.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { admitError, type LoggedText, writeSentence } from '#src/base/logged-text.ts';
import type { Config } from '#src/config/config.ts';
import {
  type AnsweringWay,
  createTariffs,
  findRolePrice,
} from '#src/config/tariffs.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { PortionKeeper } from '#src/spending/ledger/portion-keeper.ts';
import { SessionBudgets } from '#src/spending/session-budgets.ts';
import type { SpendingStore } from '#src/spending/spending-store.ts';
import { TotalBudget } from '#src/spending/total-budget.ts';

export type BudgetOptions = {
  readonly config: Config;
  readonly spending: SpendingStore;
  /** Other processes spend from the same caps. */
  readonly isShared: boolean;
  /** Finds the pipeline by which a server is answered now. */
  readonly findPipeline: (guildId: GuildId) => AnsweringWay;
  /** Gets a server's own daily cap in billionths of a dollar, or 0. */
  readonly getServerCap: (guildId: GuildId) => number;
  /** Gets the daily cap of a program in billionths of a dollar. Undefined: the cap of a person. */
  readonly getProgramCap: (payerId: PersonId) => number | undefined;
  readonly onEvent: SessionDependencies['onEvent'];
  /** Reports a budget that is low or used up, or spending that is not stored. */
  readonly alert: (change: AlertChange) => void;
  /** Reports trouble that ends nothing. */
  readonly warn: (message: LoggedText, cause: unknown) => void;
};

/**
 * Opens the budget with earlier spending, for this process alone. Closing writes the
 * rest.
 */
export async function openBudget(
  options: BudgetOptions,
): Promise<{ readonly budgets: SessionBudgets } & AsyncDisposable> {
  const { alert, config, isShared, spending, warn } = options;
  await using stack = new AsyncDisposableStack();
  const { caps, totalDayNanoUsd: capNanoUsd } = config.budget;
  const ledger = new Ledger();
  const reportFailure = (error: unknown) =>
    warn(
      writeSentence`Spending cannot be stored, so paid work ends with the portions: ${admitError(error)}`,
      error,
    );
  const common = { ledger, clock: realClock, report: reportFailure, alert };
  const portions = stack.use(
    new PortionKeeper({
      ...common,
      spending,
      capNanoUsd,
      isShared: isShared && capNanoUsd > 0,
    }),
  );
  await portions.open();
  const total = stack.use(new TotalBudget({ ...common, capNanoUsd }));
  const budgets = new SessionBudgets({
    ...options,
    ...common,
    caps,
    total,
    portions,
    getRate: (by, role) => findRolePrice(by, role, config.budget),
    getTariff: createTariffs(config, options.findPipeline),
  });
  return Object.assign(stack.move(), { budgets });
}
