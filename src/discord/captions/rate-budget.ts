/** One rate limit of Discord: so many requests in a window that begins with the first of them. */
export type RateBudget = {
  readonly limit: number;
  readonly windowMs: number;
  /** Requests left in the window. */
  readonly remaining: number;
  /** End of the window; no window is open from then on. */
  readonly resetAtMs: number;
};

/** Limit as told by the headers of an answer. Source: Discord docs, "Rate Limits", header format. */
export type RateLimitHeaders = {
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
  readonly bucket?: string;
};

/** Budget until Discord sends another one. Discord publishes no limits; its headers commonly say this one. */
export const assumedBudget: RateBudget = { limit: 5, windowMs: 5_000, remaining: 5, resetAtMs: 0 };

/** discord.js itself holds requests back until 50 ms after the end of a window. */
const marginMs = 55;

/** The budget at that instant: full where its window is over. */
export function budgetAt(budget: RateBudget, nowMs: number): RateBudget {
  return nowMs < budget.resetAtMs ? budget : { ...budget, remaining: budget.limit, resetAtMs: 0 };
}

/** A request was sent; the first one opens the window. */
export function afterRequest(budget: RateBudget, nowMs: number): RateBudget {
  const { remaining, resetAtMs, ...limit } = budgetAt(budget, nowMs);
  return {
    ...limit,
    remaining: Math.max(0, remaining - 1),
    resetAtMs: resetAtMs || nowMs + limit.windowMs + marginMs,
  };
}

/** Discord has answered. */
export function afterAnswer(
  budget: RateBudget,
  { limit, remaining, resetAfterMs }: RateLimitHeaders,
  nowMs: number,
): RateBudget {
  const isFirst = remaining === limit - 1;
  return {
    limit,
    remaining,
    windowMs: isFirst ? resetAfterMs : budget.windowMs,
    resetAtMs: nowMs + resetAfterMs + marginMs,
  };
}

/** Budget after a refused request: Discord wants none for `retryAfterMs`. */
export function afterRefusal(budget: RateBudget, retryAfterMs: number, nowMs: number): RateBudget {
  return { ...budget, remaining: 0, resetAtMs: nowMs + retryAfterMs + marginMs };
}

/** Undefined where an answer tells of no limit. */
export function readRateLimitHeaders(headers: {
  get(name: string): string | null;
}): RateLimitHeaders | undefined {
  const number = (name: string) => Number(headers.get(`x-ratelimit-${name}`) ?? Number.NaN);
  const [limit, remaining] = [number('limit'), number('remaining')];
  const resetAfterMs = number('reset-after') * 1_000;
  const bucket = headers.get('x-ratelimit-bucket');
  const isWhole = [limit, remaining, resetAfterMs].every((n) => n >= 0 && n <= longest);
  return isWhole && limit >= 1
    ? { limit, remaining, resetAfterMs, ...(bucket && { bucket }) }
    : undefined;
}

/** Longest limit, in ms; a larger value is a broken header. */
const longest = 86_400_000;
