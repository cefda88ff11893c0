import type { RateLimitError } from 'discord.js';

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
