import { readFileSync } from 'node:fs';
import type { Caps } from '#src/spending/budget-authority.ts';
import {
  knownPrices,
  type Price,
  type PriceFile,
  readPrices,
} from '#src/spending/prices/prices.ts';
import type { EnvironmentSettings } from './settings.ts';

export type Budget = {
  readonly caps: Caps;
  /** Cap of all servers together, in billionths of a dollar. 0 means no cap. */
  readonly totalDayNanoUsd: number;
  /** May change while the bot runs. The operator's prices come first and win. */
  prices: readonly Price[];
};

export function findBudgetMistakes(path: string | undefined): string[] {
  const pricesFile = path === undefined ? undefined : readFile(path);
  return pricesFile?.kind === 'bad' ? [`PRICES: ${path} ${pricesFile.why}`] : [];
}

/** Reads budgets in billionths of a dollar (0: no cap), and prices. */
export function readBudget(
  from: Pick<
    EnvironmentSettings,
    | 'BUDGET_PERSON_DAY_USD'
    | 'BUDGET_SERVER_DAY_USD'
    | 'BUDGET_TOTAL_DAY_USD'
    | 'PRICES'
  >,
): Budget {
  const ownPrices = from.PRICES === undefined ? undefined : readFile(from.PRICES);
  return {
    caps: {
      personDay: toNanoUsd(from.BUDGET_PERSON_DAY_USD),
      serverDay: toNanoUsd(from.BUDGET_SERVER_DAY_USD),
    },
    totalDayNanoUsd: toNanoUsd(from.BUDGET_TOTAL_DAY_USD),
    prices: [...(ownPrices?.kind === 'ok' ? ownPrices.prices : []), ...knownPrices],
  };
}

function readFile(path: string): PriceFile {
  try {
    return readPrices(readFileSync(path, 'utf8'));
  } catch {
    return { kind: 'bad', why: 'cannot be read' };
  }
}

function toNanoUsd(usd: number) {
  return Math.round(usd * 1e9);
}
