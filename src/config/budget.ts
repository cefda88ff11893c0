import { readFileSync } from 'node:fs';
import type { Caps } from '#src/spending/caps.ts';
import { knownPrices, type Price, readPrices } from '#src/spending/prices/prices.ts';
import type { EnvironmentSettings } from './settings.ts';

/** Budget settings: caps, and prices with the owner's first. */
export type Budget = {
  readonly caps: Caps;
  /** The most that all servers together may spend a day, in billionths of a dollar; 0: no cap. */
  readonly totalDayNanoUsd: number;
  /** May change while the bot runs. */
  prices: readonly Price[];
};

/** One line per mistake. */
export function budgetMistakes({ PRICES: path }: EnvironmentSettings): string[] {
  const found = path === undefined ? undefined : readFile(path);
  return found?.kind === 'bad' ? [`PRICES: ${path} ${found.why}`] : [];
}

export function readBudget(from: EnvironmentSettings): Budget {
  const own = from.PRICES === undefined ? undefined : readFile(from.PRICES);
  return {
    caps: {
      personDay: amount(from.BUDGET_PERSON_DAY_USD, from.BUDGET_PERSON_DAY_MINUTES),
      serverDay: amount(from.BUDGET_SERVER_DAY_USD, from.BUDGET_SERVER_DAY_MINUTES),
      serverMonth: amount(from.BUDGET_SERVER_MONTH_USD, from.BUDGET_SERVER_MONTH_MINUTES),
      serverDayUnpriced: from.BUDGET_SERVER_DAY_UNPRICED,
      captionsDayMs: Math.round(from.BUDGET_CAPTIONS_DAY_MINUTES * 60_000),
    },
    totalDayNanoUsd: Math.round(from.BUDGET_TOTAL_DAY_USD * 1e9),
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

function amount(usd: number, minutes: number): Caps['serverDay'] {
  return { nanoUsd: Math.round(usd * 1e9), ms: Math.round(minutes * 60_000) };
}
