/** Money in billionths of a dollar, and how long servers were talked with. */
export type Amount = { readonly nanoUsd: number; readonly ms: number };

/** The most that may be spent; 0: no cap. */
export type Caps = {
  readonly personDay: Amount;
  readonly serverDay: Amount;
  readonly serverMonth: Amount;
  /** Most requests without a known price, a server and day; absent or 0: no cap. */
  readonly serverDayUnpriced?: number;
  /** Speech of a server a day, in ms, that was recognised for captions alone; absent or 0: no cap. */
  readonly captionsDayMs?: number;
};

/**
 * Steps of a budget that runs out, in order; each adds to the one before. `captions`: no answer is made, but speech is
 * still recognised. `quiet`: speech is no longer recognised either.
 */
export const steps = ['full', 'cheaper', 'shorter', 'captions', 'quiet'] as const;
export type BudgetStep = (typeof steps)[number];

export const nothing: Amount = { nanoUsd: 0, ms: 0 };

/** Share of a cap from which the cheaper voice is used (people are warned there), and from which answers are short. */
const [cheaperFrom, shorterFrom] = [0.8, 0.9];

export function add(one: Amount, other: Amount): Amount {
  return { nanoUsd: one.nanoUsd + other.nanoUsd, ms: one.ms + other.ms };
}

/** Puts the larger amount first: of money, then of time. */
export function costliest(one: Amount, other: Amount): number {
  return other.nanoUsd - one.nanoUsd || other.ms - one.ms;
}

/** Whether `more` may be spent, too, without passing `part` of the cap. */
export function fits(spent: Amount, more: Amount, cap: Amount, part = 1): boolean {
  const money = cap.nanoUsd === 0 || spent.nanoUsd + more.nanoUsd <= cap.nanoUsd * part;
  return money && (cap.ms === 0 || spent.ms + more.ms <= cap.ms * part);
}

/** 0 to 1 and above, of money or time, whichever is nearer to its cap. */
export function shareOf(spent: Amount, cap: Amount): number {
  return Math.max(part(spent.nanoUsd, cap.nanoUsd), part(spent.ms, cap.ms));
}

/** `forTurns`: the part of a cap that answers may take; the rest is for recognising what is said. */
export function stepOf(spent: Amount, cap: Amount, typical: Amount, forTurns: number): BudgetStep {
  const share = shareOf(spent, cap);
  if (share >= 1) return 'quiet';
  if (!fits(spent, typical, cap, forTurns)) return 'captions';
  if (share >= shorterFrom) return 'shorter';
  return share >= cheaperFrom ? 'cheaper' : 'full';
}

export function isAtLeast(step: BudgetStep, least: BudgetStep): boolean {
  return steps.indexOf(step) >= steps.indexOf(least);
}

/** Whether a server has made as many requests without a known price today as it may. */
export function isOverCount(
  { unpriced }: { readonly unpriced: number },
  { serverDayUnpriced: most = 0 }: Caps,
): boolean {
  return most > 0 && unpriced >= most;
}

/** The later of the two. */
export function laterStep(one: BudgetStep, other: BudgetStep): BudgetStep {
  return isAtLeast(one, other) ? one : other;
}

function part(spent: number, cap: number): number {
  return cap === 0 ? 0 : spent / cap;
}
