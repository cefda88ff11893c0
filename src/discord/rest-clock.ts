import type { RateLimitError, REST } from 'discord.js';
import type { SyncTiming } from '#src/discord/link/timing.ts';

/** Interval, in ms, at which the wall clock is compared with the monotonic one. */
const checkMs = 1_000;
/** Corrections of time servers move it by less at a time. */
const stepMs = 1_000;
const globalLimitOver = -1;

/**
 * Forgets rate limits of discord.js when the wall clock is put back: it keeps their ends by that clock, so that a step of
 * an hour keeps every message waiting for an hour. Discord tells the limits again with its next answer.
 *
 * `report` gets the step in ms. The returned function ends the watch.
 */
export function watchRestClock(
  rest: Pick<REST, 'globalReset' | 'handlers'>,
  timing: SyncTiming,
  report: (backMs: number) => void,
): () => void {
  const offsetMs = () => Date.now() - timing.nowMs();
  let knownMs = offsetMs();
  let forget = timing.later(checkMs, check);
  function check(): void {
    forget = timing.later(checkMs, check); // first: whatever a listener throws, it is looked again
    const nowMs = offsetMs();
    const backMs = knownMs - nowMs;
    knownMs = nowMs;
    if (backMs > stepMs) {
      rest.handlers.clear();
      rest.globalReset = globalLimitOver;
      report(backMs);
    }
  }
  return () => forget();
}

/**
 * Longest plausible limit, in ms: Discord's own limits on the bot's writes end sooner; a longer one comes of a clock that
 * was put back.
 */
const plausibleMs = 60_000;
const askAgainMs = 5_000;

/** Wait after a rate limit, in ms, before discord.js is asked again; while the limit stands it sends nothing. */
export function waitAfterLimitMs({ retryAfter }: RateLimitError): number {
  return retryAfter > plausibleMs ? askAgainMs : retryAfter;
}
