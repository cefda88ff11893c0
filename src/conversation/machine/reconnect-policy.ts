import type { BotError } from '#src/base/errors.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';

/** Ten tries need 151 s at most. Five minutes leave time for tries that hang until their own deadline. */
export const reconnectRules = {
  /** Longest wait before each try. The last value counts for all further tries. */
  maxWaitsMs: [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000],
  maxTries: 10,
  /** Time from the first loss to the last try. */
  maxTotalMs: 300_000,
  /** After this time the next loss counts as the first. */
  recoveredAfterMs: 60_000,
  /** The channel is told from this loss on. */
  minReportedLosses: 2,
  /** A session that a bug has ended is rebuilt once in this time. */
  minRebuildGapMs: 60_000,
};

export type ReconnectState = {
  readonly losses: number;
  readonly firstAtMs: number;
  readonly upAtMs?: number;
};

export const initialReconnect: ReconnectState = { losses: 0, firstAtMs: 0 };

export type LostConnection = {
  readonly atMs: number;
  /** From 0 to 1, evenly distributed, so that sessions lost together do not return together. */
  readonly random: number;
  readonly restMs: number;
  readonly paceMs?: number;
};

/**
 * Plans the next try to reconnect. Its wait is undefined after too many.
 *
 * @example
 * import { initialReconnect, planRetry, reconnectRules } from '#src/conversation/machine/reconnect-policy.ts';
 *
 * planRetry(initialReconnect, { atMs: 0, random: 0.5, restMs: 0 }, reconnectRules).waitMs; // 250
 */
export function planRetry(
  former: ReconnectState,
  lost: LostConnection,
  rules: typeof reconnectRules,
) {
  // Waiting for the own pace of joins counts neither as a try nor as time.
  const { atMs, paceMs, random, restMs } = lost;
  const { firstAtMs, losses, upAtMs } = former;
  if (paceMs !== undefined) {
    const paced = {
      losses: losses || 1,
      firstAtMs: (losses ? firstAtMs : atMs) + paceMs,
    };
    return { reconnect: { ...former, ...paced }, waitMs: paceMs };
  }
  const hasRecovered = upAtMs !== undefined && atMs - upAtMs >= rules.recoveredAfterMs;
  const isFirst = losses === 0 || hasRecovered;
  const next = {
    losses: isFirst ? 1 : losses + 1,
    firstAtMs: isFirst ? atMs : firstAtMs,
  };
  const { maxWaitsMs } = rules;
  const longestMs = maxWaitsMs[next.losses - 1] ?? maxWaitsMs.at(-1) ?? 0;
  const waitMs = Math.max(restMs, random * longestMs);
  const isTooLate = atMs + waitMs - next.firstAtMs > rules.maxTotalMs;
  const isOver = next.losses > rules.maxTries || isTooLate;
  return { reconnect: next, waitMs: isOver ? undefined : waitMs };
}

export function findFinalLoss({ code, retryable }: BotError): LeaveReason | undefined {
  if (retryable) return undefined;
  return code === 'link.lost' ? 'sent-away' : 'refused';
}
