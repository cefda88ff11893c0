import type { RolePrice } from '#src/spending/prices/prices.ts';
import type { TextId } from '#src/texts/texts.ts';
import { type Amount, type Caps, shareOf } from './caps.ts';
import { costOf } from './cost.ts';

type UsedBudgetId = Extract<TextId, `budget.guild${string}` | `budget.quiet${string}`>;

/**
 * Text that tells people that the budget of a server is used; `isQuiet`: nothing is recognised any more either, else
 * `keepsCaptions`: speech is still recognised for captions.
 */
export function usedBudgetText(
  isMonth: boolean,
  isQuiet: boolean,
  keepsCaptions: boolean,
): UsedBudgetId {
  if (isQuiet) return isMonth ? 'budget.quiet.month' : 'budget.quiet';
  const text = isMonth ? 'budget.guild.month' : 'budget.guild';
  return keepsCaptions ? `${text}.captions` : text;
}

/** Step of a server's daily budget for words that were not said to the bot. */
export type CaptionBudgetStep = 'full' | 'warned' | 'used';

/** Share of the money of a day that captions may take. */
const captionsShare = 0.5;
/** Share of the budget from which people are warned. */
const warnedFrom = 0.8;

/**
 * Step of the caption budget of a server that has spent so much on captions today; an utterance that has begun may be
 * recognised to its end. No cap holds where the work, of that price, costs nothing.
 */
export function captionStepOf(
  spent: Amount,
  { serverDay, captionsDayMs = 0 }: Pick<Caps, 'serverDay' | 'captionsDayMs'>,
  price: RolePrice,
): CaptionBudgetStep {
  if (price.kind === 'free' || costOf({ kind: 'heard', ms: 60_000 }, price) === 0) return 'full';
  const cap = { nanoUsd: serverDay.nanoUsd * captionsShare, ms: captionsDayMs };
  const share = shareOf(spent, cap);
  if (share >= 1) return 'used';
  return share >= warnedFrom ? 'warned' : 'full';
}
