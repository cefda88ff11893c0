import { budgetAt, type RateBudget } from './rate-budget.ts';

/** Urgency of a write, highest first: whole texts, then the panel, then messages by themselves, and optional ones last. */
export type WriteUrgency = 'whole' | 'panel' | 'plain' | 'partial';

/** Write that could be sent over one route of one channel. */
export type WriteCandidate = { readonly urgency: WriteUrgency; readonly sinceMs: number };

/** One route of one channel at one instant. */
export type RoutePace = {
  readonly budget: RateBudget;
  /** When a request went out last, and when one for a whole text. */
  readonly sentAtMs: number;
  readonly wholeAtMs: number;
  /** Whole texts that are to be expected, per ms. */
  readonly demandPerMs: number;
};

export type WriteChoice =
  | { readonly kind: 'send'; readonly index: number }
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'idle' };

/** Age from which a panel goes before everything else; it is to be seen within 5 s. */
const panelFirstMs = 3_600;
const panelLatestMs = 4_300;
/** Age from which a partial text counts as a whole one, so that its last state lands under any load. */
const partialFirstMs = 30_000;
/** Requests of a window that are left to whole texts: by partial ones, by the panel, and by it while no person speaks. */
const spared = { partial: 4, panel: 3, quietPanel: 1 } as const;
/**
 * Expected requests that the remaining ones are enough for under a light load, as a multiple of these: speech comes
 * unevenly, and waits are shared.
 */
const unevenness = 1.75;
/** Interval, in ms, after which a wait that depends on demand is checked again. */
const checkAgainMs = 500;

/** Which candidate is sent now, or when to ask again. Pure. */
export function chooseWrite(
  candidates: readonly WriteCandidate[],
  pace: RoutePace,
  nowMs: number,
): WriteChoice {
  if (candidates.length === 0) return { kind: 'idle' };
  const budget = budgetAt(pace.budget, nowMs);
  const ranked = candidates
    .map((candidate, index) => {
      const rank = rankOf(candidate, budget, nowMs);
      return { index, rank, sinceMs: candidate.sinceMs };
    })
    .sort((a, b) => a.rank - b.rank || a.sinceMs - b.sinceMs);
  let untilMs = Number.POSITIVE_INFINITY;
  const reserved = ranked.some(({ rank }) => rank === ranks.panel) ? 1 : 0;
  for (const { index, rank } of ranked) {
    const dueMs = dueAtMs(rank, { ...pace, budget }, reserved, nowMs);
    if (dueMs <= nowMs) return { kind: 'send', index };
    untilMs = Math.min(untilMs, dueMs);
  }
  return { kind: 'wait', untilMs };
}

/** Places in the order; `overdue` is that of a panel that waited long. */
const ranks = { overdue: 0, whole: 1, panel: 2, plain: 3, partial: 4 } as const;

function rankOf({ urgency, sinceMs }: WriteCandidate, budget: RateBudget, nowMs: number): number {
  const ageMs = nowMs - sinceMs;
  if (urgency === 'partial' && ageMs >= partialFirstMs) return ranks.whole;
  if (urgency !== 'panel') return ranks[urgency];
  const isLastForLong = budget.remaining === 1 && budget.resetAtMs - sinceMs > panelLatestMs;
  return ageMs >= panelFirstMs || isLastForLong ? ranks.overdue : ranks.panel;
}

/** `reserved`: requests of this window that the panel is going to need. */
function dueAtMs(rank: number, pace: RoutePace, reserved: number, nowMs: number): number {
  const { remaining, resetAtMs } = pace.budget;
  if (remaining === 0) return resetAtMs;
  if (rank === ranks.overdue || rank === ranks.plain) return nowMs;
  return rank === ranks.whole ? wholeDueMs(pace, reserved, nowMs) : spareDueMs(rank, pace, nowMs);
}

/**
 * Whole texts do not wait while the remaining requests cover the expected ones; otherwise these are spread over the window.
 */
function wholeDueMs(
  { budget, wholeAtMs, demandPerMs }: RoutePace,
  reserved: number,
  nowMs: number,
): number {
  const { remaining, resetAtMs, limit, windowMs } = budget;
  const left = Math.max(1, remaining - reserved);
  const isBusy = demandPerMs * windowMs > limit;
  const [enough, parts] = isBusy ? [left, left + 1] : [left * unevenness, left + 2];
  if (demandPerMs * (resetAtMs - nowMs) <= enough) return nowMs;
  return Math.max(nowMs, wholeAtMs + (resetAtMs - wholeAtMs) / parts);
}

/** Instant for requests that whole texts are not going to need. */
function spareDueMs(
  rank: number,
  { budget, sentAtMs, demandPerMs }: RoutePace,
  nowMs: number,
): number {
  const { remaining, resetAtMs, limit, windowMs } = budget;
  const isOpen = resetAtMs > nowMs;
  const panelSpares = demandPerMs === 0 ? spared.quietPanel : spared.panel;
  const spare = Math.min(rank === ranks.panel ? panelSpares : spared.partial, limit - 1);
  const expected = demandPerMs * (isOpen ? resetAtMs - nowMs : windowMs);
  if (remaining <= spare || expected + spare > remaining) return nowMs + checkAgainMs;
  if (rank === ranks.panel || !isOpen) return nowMs;
  return Math.max(nowMs, sentAtMs + (resetAtMs - sentAtMs) / (remaining - spare + 1));
}

/** Times over which the demand is measured: a steady one, and one that has just begun. */
const steadyMs = 10_000;
const suddenMs = 2_000;

/** Rate of whole texts, per ms, from the instants of the last ones. */
export function demandPerMs(instants: readonly number[], nowMs: number): number {
  const since = (ms: number) => instants.filter((atMs) => nowMs - atMs < ms).length;
  return Math.max(since(steadyMs) / steadyMs, since(suddenMs) / suddenMs / 2);
}

/** Instants that still count. */
export function recentDemand(instants: readonly number[], nowMs: number): readonly number[] {
  return instants.filter((atMs) => nowMs - atMs < steadyMs).slice(-mostInstants);
}

const mostInstants = 200;
