import { readFileSync } from 'node:fs';
import { knownPrices, readPrices } from '#src/spending/prices/prices.ts';
import type { EnvironmentSettings } from './settings.ts';

export type Budget = ReturnType<typeof readBudget>;

export function findBudgetMistakes(path: string | undefined): string[] {
  const found = path === undefined ? undefined : readFile(path);
  return found?.kind === 'bad' ? [`PRICES: ${path} ${found.why}`] : [];
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
) {
  const own = from.PRICES === undefined ? undefined : readFile(from.PRICES);
  return {
    caps: {
      personDay: toNanoUsd(from.BUDGET_PERSON_DAY_USD),
      serverDay: toNanoUsd(from.BUDGET_SERVER_DAY_USD),
    },
    totalDayNanoUsd: toNanoUsd(from.BUDGET_TOTAL_DAY_USD),
    prices: [...(own?.kind === 'ok' ? own.prices : []), ...knownPrices],
  };
}

function readFile(path: string): ReturnType<typeof readPrices> {
  try {
    return readPrices(readFileSync(path, 'utf8'));
  } catch {
    return { kind: 'bad', why: 'cannot be read' };
  }
}

function toNanoUsd(usd: number) {
  return Math.round(usd * 1e9);
}
