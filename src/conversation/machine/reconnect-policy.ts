import type { BotError } from '#src/base/errors.ts';

/** Rules by which a lost voice link comes back. */
type ReconnectRules = {
  /** Longest wait before each try; the last one counts for all further tries. */
  readonly maxWaitsMs: readonly number[];
  readonly maxTries: number;
  /** Longest time, in ms, from the first loss to the last try. */
  readonly maxTotalMs: number;
  /** Time in ms after which a link counts as recovered: its next loss is counted as the first. */
  readonly recoveredAfterMs: number;
  /** Number of losses from which the channel is told: the first tries have failed by then. */
  readonly minReportedLosses: number;
  /** A session that a bug has ended is rebuilt, but not twice within this time. */
  readonly minRebuildGapMs: number;
};

/** Ten tries need 151 s at most; five minutes are for those that hang until their own deadline. */
export const reconnectRules: ReconnectRules = {
  maxWaitsMs: [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000],
  maxTries: 10,
  maxTotalMs: 300_000,
  recoveredAfterMs: 60_000,
  minReportedLosses: 2,
  minRebuildGapMs: 60_000,
};

/** The losses so far that belong together. */
export type ReconnectState = {
  readonly losses: number;
  readonly firstAtMs: number;
  /** Since when the link holds; absent while it is away. */
  readonly upAtMs?: number;
};

export const initialReconnect: ReconnectState = { losses: 0, firstAtMs: 0 };

/** A link broke, or could not be opened. */
type LostConnection = {
  readonly atMs: number;
  /** 0 to 1, evenly: many who lose their links together must not return together. */
  readonly random: number;
  /** Discord allows no try earlier. */
  readonly restMs: number;
  /** Time in ms until the own pace of joins has a place: it let no try happen. */
  readonly paceMs?: number | undefined;
};

type RetryPlan = {
  readonly reconnect: ReconnectState;
  /** Time in ms until the next try; undefined: no more of them. */
  readonly waitMs: number | undefined;
};

/** Plans the next try after a loss. Waiting for the own pace counts neither as a try nor as time. */
export function planRetry(
  former: ReconnectState,
  lost: LostConnection,
  rules: ReconnectRules,
): RetryPlan {
  const { atMs, paceMs, random, restMs } = lost;
  const { firstAtMs, losses, upAtMs } = former;
  if (paceMs !== undefined) {
    const paced = { losses: losses || 1, firstAtMs: (losses ? firstAtMs : atMs) + paceMs };
    return { reconnect: { ...former, ...paced }, waitMs: paceMs };
  }
  const hasRecovered = upAtMs !== undefined && atMs - upAtMs >= rules.recoveredAfterMs;
  const isFirst = losses === 0 || hasRecovered;
  const next = { losses: isFirst ? 1 : losses + 1, firstAtMs: isFirst ? atMs : firstAtMs };
  const { maxWaitsMs } = rules;
  const longestMs = maxWaitsMs[next.losses - 1] ?? maxWaitsMs.at(-1) ?? 0;
  const waitMs = Math.max(restMs, random * longestMs);
  const isTooLate = atMs + waitMs - next.firstAtMs > rules.maxTotalMs;
  const isOver = next.losses > rules.maxTries || isTooLate;
  return { reconnect: next, waitMs: isOver ? undefined : waitMs };
}

/** Why there is no use in trying again after this error of a link; undefined when there may be. */
export function findFinalLoss({ code, retryable }: BotError): 'refused' | 'sent-away' | undefined {
  if (retryable) return undefined;
  return code === 'link.lost' ? 'sent-away' : 'refused';
}
