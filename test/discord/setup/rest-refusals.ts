import { DiscordAPIError, RateLimitError } from 'discord.js';

/** Discord says no: with that HTTP status, for that reason. */
export function makeRefusal(status: number, code: number) {
  return new DiscordAPIError({ code, message: 'no' }, code, status, 'PATCH', '/', {});
}

/** Discord says not yet, for so many milliseconds. */
export function makeRateLimit(retryAfter: number) {
  return new RateLimitError({
    timeToReset: retryAfter,
    limit: 5,
    method: 'PATCH',
    hash: '',
    url: '',
    route: '',
    majorParameter: '',
    global: false,
    retryAfter,
    sublimitTimeout: 0,
    scope: 'user',
  });
}
