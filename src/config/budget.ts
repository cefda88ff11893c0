import { readFileSync } from 'node:fs';
import { embedded, type ServedBy, servedBy } from '#src/provider/models/served-by.ts';
import type { Caps } from '#src/spending/caps.ts';
import { costOf } from '#src/spending/cost.ts';
import { readPrices } from '#src/spending/prices/price-file.ts';
import { knownPrices } from '#src/spending/prices/price-table.ts';
import { type Price, type RolePrice, rateOf } from '#src/spending/prices/prices.ts';
import type { Tariff } from '#src/spending/tariff.ts';
import type { EnvironmentSettings } from './settings.ts';

/** Budget settings: caps, and prices with the owner's first. */
export type Budget = { readonly caps: Caps; readonly prices: readonly Price[] };

/** Engine that serves a role, as far as its price depends on it. */
type PricedRole = { readonly kind: 'embedded' } | Served;
type Served = { readonly kind: 'remote'; readonly model: string; readonly baseUrl: string };

/** Price of a model or an engine, in any role. */
export function priceOf(by: ServedBy, { prices }: Budget): RolePrice {
  return by.kind === 'embedded' ? { kind: 'free' } : rateOf(prices, by.model, by.host);
}

type Roles = {
  readonly transcription: PricedRole;
  readonly chat: PricedRole;
  readonly speech: PricedRole;
  readonly fallbacks: { readonly speech: readonly PricedRole[] };
  readonly budget: Budget;
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
    prices: [...(own?.kind === 'ok' ? own.prices : []), ...knownPrices],
  };
}

/** Prices of all roles where `thinker` answers; default: the chat model does. */
export function tariffOf(
  { transcription, chat, speech, fallbacks, budget }: Roles,
  thinker?: Served,
): Tariff {
  const rate = (role: PricedRole): RolePrice =>
    priceOf(role.kind === 'embedded' ? embedded : servedBy(role.model, role.baseUrl), budget);
  const speak = rate(speech);
  const [next] = fallbacks.speech.map(rate);
  return {
    recognise: rate(transcription),
    think: rate(thinker ?? chat),
    speak,
    ...(next && isCheaper(next, speak) && { cheaperVoice: next }),
  };
}

/** By a sentence as most are; where nobody knows what a voice costs, only a free one is cheaper. */
function isCheaper(next: RolePrice, usual: RolePrice): boolean {
  const sentence = { kind: 'spoken', characters: 100, ms: 6_000 } as const;
  const [theirs, ours] = [costOf(sentence, next), costOf(sentence, usual)];
  if (usual.kind === 'free' || theirs === undefined) return false;
  return ours === undefined ? theirs === 0 : theirs < ours;
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
