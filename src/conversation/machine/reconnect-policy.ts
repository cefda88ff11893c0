import type { BotError } from '#src/base/errors.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';

/** Limits of reconnecting, in ms and in numbers. */
export type ReconnectRules = {
  /** Longest wait before each try. The last value counts for all further tries. */
  readonly maxWaitsMs: readonly number[];
  readonly maxTries: number;
  /** Time from the first loss to the last try. */
  readonly maxTotalMs: number;
  /** After this time the next loss counts as the first. */
  readonly recoveredAfterMs: number;
  /** The channel is told from this loss on. */
  readonly minReportedLosses: number;
  /** A session that a bug has ended is rebuilt once in this time. */
  readonly minRebuildGapMs: number;
};

/** Ten tries need 151 s at most. Five minutes leave time for tries that hang until their own deadline. */
export const reconnectRules: ReconnectRules = {
  maxWaitsMs: [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000],
  maxTries: 10,
  maxTotalMs: 300_000,
  recoveredAfterMs: 60_000,
  minReportedLosses: 2,
  minRebuildGapMs: 60_000,
};

/** Number of losses in a row, with the time of the first. */
export type ReconnectState = {
  readonly losses: number;
  readonly firstAtMs: number;
  readonly upAtMs?: number;
};

/** The state before the first loss. */
export const initialReconnect: ReconnectState = { losses: 0, firstAtMs: 0 };

/** A lost connection, or one that could not be opened. */
export type LostConnection = {
  readonly atMs: number;
  /** From 0 to 1, evenly distributed, so that sessions lost together do not return together. */
  readonly random: number;
  /** Wait that Discord asks for. */
  readonly restMs: number;
  /** Wait for the bot's own pace of joins, if it caused the loss. */
  readonly paceMs?: number;
};

type RetryPlan = {
  readonly reconnect: ReconnectState;
  /** Undefined if there is no further try. */
  readonly waitMs: number | undefined;
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
  state: ReconnectState,
  lost: LostConnection,
  rules: ReconnectRules,
): RetryPlan {
  // Waiting for the own pace of joins counts neither as a try nor as time.
  const { atMs, paceMs, random, restMs } = lost;
  const { firstAtMs, losses, upAtMs } = state;
  if (paceMs !== undefined) {
    const paced = {
      losses: losses || 1,
      firstAtMs: (losses ? firstAtMs : atMs) + paceMs,
    };
    return { reconnect: { ...state, ...paced }, waitMs: paceMs };
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

/** Finds the reason to leave after a loss that no try mends. */
export function findFinalLoss({ code, retryable }: BotError): LeaveReason | undefined {
  if (retryable) return undefined;
  return code === 'link.lost' ? 'sent-away' : 'refused';
}
