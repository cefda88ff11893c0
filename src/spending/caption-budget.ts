import type { RolePrice } from '#src/spending/prices/prices.ts';
import type { TextId } from '#src/texts/texts.ts';
import { type Amount, type Caps, shareOf } from './caps.ts';
import { costOf } from './cost.ts';

type UsedBudgetId = Extract<TextId, `budget.guild${string}` | `budget.quiet${string}`>;

/** Budget that is used up: of a server's day or month, or of a day of all servers. */
export type UsedBudget = 'day' | 'month' | 'total';

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

/**
 * Step of a server's daily budget for words that were not said to the bot. `used`: captions take what is left of the server's own
 * caps. `ended`: no cap of the server would end that, so nothing more is paid.
 */
export type CaptionBudgetStep = 'full' | 'warned' | 'used' | 'ended';

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
  caps: Omit<Caps, 'personDay'>,
  price: RolePrice,
): CaptionBudgetStep {
  if (price.kind === 'free' || costOf({ kind: 'heard', ms: 60_000 }, price) === 0) return 'full';
  const { serverDay, captionsDayMs = 0 } = caps;
  const cap = { nanoUsd: serverDay.nanoUsd * captionsShare, ms: captionsDayMs };
  const share = shareOf(spent, cap);
  if (share >= 1) return isBounded(caps, price) ? 'used' : 'ended';
  return share >= warnedFrom ? 'warned' : 'full';
}

/** Whether a cap of the server ends work of that price. */
function isBounded({ serverDay, serverMonth }: Omit<Caps, 'personDay'>, price: RolePrice): boolean {
  const isTimed = serverDay.ms > 0 || serverMonth.ms > 0;
  return isTimed || (price.kind === 'priced' && (serverDay.nanoUsd > 0 || serverMonth.nanoUsd > 0));
}
