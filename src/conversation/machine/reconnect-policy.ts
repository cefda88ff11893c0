import type { BotError } from '#src/base/errors.ts';

/** Rules by which a lost voice link comes back. */
type ReconnectRules = {
  /** Longest wait before each try; the last one counts for all further tries. */
  readonly longestWaitsMs: readonly number[];
  readonly mostTries: number;
  /** Longest time, in ms, from the first loss to the last try. */
  readonly longestMs: number;
  /** Time in ms after which a link counts as recovered: its next loss is counted as the first. */
  readonly healthyMs: number;
  /** Number of losses from which the channel is told: the first tries have failed by then. */
  readonly reportedFromLosses: number;
  /** A session that a bug has ended is rebuilt, but not twice within this time. */
  readonly rebuildMs: number;
  /** Time in ms over which the links of one shard spread after waiting for its pace of joins. */
  readonly paceSpreadMs: number;
};

/** Ten tries need 151 s at most; five minutes are for those that hang until their own deadline. */
export const reconnectRules: ReconnectRules = {
  longestWaitsMs: [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000],
  mostTries: 10,
  longestMs: 300_000,
  healthyMs: 60_000,
  reportedFromLosses: 2,
  rebuildMs: 60_000,
  paceSpreadMs: 5_000,
};

/** The losses so far that belong together. */
export type ReconnectState = {
  readonly losses: number;
  readonly firstAtMs: number;
  /** Since when the link holds; absent while it is away. */
  readonly upAtMs?: number;
};

export const noLosses: ReconnectState = { losses: 0, firstAtMs: 0 };

type ReconnectEvent =
  | { readonly kind: 'up'; readonly atMs: number }
  | {
      /** A link broke, or could not be opened. */
      readonly kind: 'lost';
      readonly atMs: number;
      /** 0 to 1, evenly: many who lose their links together must not return together. */
      readonly random: number;
      /** Discord allows no try earlier. */
      readonly restMs: number;
    }
  | {
      /** The own pace of joins let no try happen. */
      readonly kind: 'paced';
      readonly atMs: number;
      /** 0 to 1, evenly. */
      readonly random: number;
      /** Time in ms until it may. */
      readonly paceMs: number;
    };

type ReconnectEffect =
  | { readonly kind: 'try'; readonly waitMs: number; readonly losses: number }
  | { readonly kind: 'give-up' };

/** One step of coming back: after each loss either a wait and another try, or no more. */
export function stepReconnect(
  comeback: ReconnectState,
  event: ReconnectEvent,
  rules: ReconnectRules,
): readonly [ReconnectState, ReconnectEffect?] {
  const { atMs } = event;
  if (event.kind === 'up') return [{ ...comeback, upAtMs: atMs }];
  if (event.kind === 'paced') return paced(comeback, event, rules);
  const { upAtMs, losses, firstAtMs } = comeback;
  const recovered = upAtMs !== undefined && atMs - upAtMs >= rules.healthyMs;
  const isFirst = losses === 0 || recovered;
  const next = { losses: isFirst ? 1 : losses + 1, firstAtMs: isFirst ? atMs : firstAtMs };
  const { longestWaitsMs } = rules;
  const longestMs = longestWaitsMs[next.losses - 1] ?? longestWaitsMs.at(-1) ?? 0;
  const waitMs = Math.max(event.restMs, event.random * longestMs);
  const isTooLate = atMs + waitMs - next.firstAtMs > rules.longestMs;
  if (next.losses > rules.mostTries || isTooLate) return [next, { kind: 'give-up' }];
  return [next, { kind: 'try', waitMs, losses: next.losses }];
}

/** Waiting for the own pace counts neither as a try nor as time. */
function paced(
  comeback: ReconnectState,
  { atMs, random, paceMs }: Extract<ReconnectEvent, { kind: 'paced' }>,
  { paceSpreadMs }: ReconnectRules,
): readonly [ReconnectState, ReconnectEffect] {
  const waitMs = paceMs + random * paceSpreadMs;
  const isFirst = comeback.losses === 0;
  const losses = isFirst ? 1 : comeback.losses;
  const firstAtMs = (isFirst ? atMs : comeback.firstAtMs) + waitMs;
  return [
    { ...comeback, losses, firstAtMs },
    { kind: 'try', waitMs, losses },
  ];
}

/** Why there is no use in trying again after this error of a link; undefined when there may be. */
export function finalLoss({ code, retryable }: BotError): 'refused' | 'sent-away' | undefined {
  if (retryable) return undefined;
  return code === 'link.lost' ? 'sent-away' : 'refused';
}
