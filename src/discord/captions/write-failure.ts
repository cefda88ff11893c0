import { DiscordAPIError, RateLimitError, RESTJSONErrorCodes } from 'discord.js';
import { neverSent } from '#src/discord/network-errors.ts';
import { waitAfterLimitMs } from '#src/discord/rest-clock.ts';

/** Failure of a request about a message. */
export type WriteFailure =
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  | { readonly kind: 'too-old' | 'message-gone' | 'chat-gone' | 'forbidden' | 'archived' }
  | { readonly kind: 'refused'; readonly why: string }
  /** Discord has not seen it. */
  | { readonly kind: 'unsent' }
  /** It may have come through: a cut connection, no answer in time, or an error of Discord's own. */
  | { readonly kind: 'unknown' };

const tooManyOldEdits = RESTJSONErrorCodes.MaximumNumberOfEditsToMessagesOlderThanOneHourReached;
const kinds = new Map<unknown, 'too-old' | 'message-gone' | 'chat-gone' | 'forbidden' | 'archived'>(
  [
    [tooManyOldEdits, 'too-old'],
    [RESTJSONErrorCodes.UnknownMessage, 'message-gone'],
    [RESTJSONErrorCodes.UnknownChannel, 'chat-gone'],
    [RESTJSONErrorCodes.UnknownGuild, 'chat-gone'],
    [RESTJSONErrorCodes.MissingAccess, 'forbidden'],
    [RESTJSONErrorCodes.MissingPermissions, 'forbidden'],
    [RESTJSONErrorCodes.CannotSendMessagesInNonTextChannel, 'forbidden'],
    [RESTJSONErrorCodes.InvalidActionOnArchivedThread, 'archived'],
    [RESTJSONErrorCodes.ThreadLocked, 'forbidden'],
  ],
);

export function writeFailureOf(error: unknown): WriteFailure {
  if (error instanceof RateLimitError) {
    return { kind: 'limited', retryAfterMs: Math.max(1, waitAfterLimitMs(error)) };
  }
  if (!(error instanceof DiscordAPIError)) {
    return { kind: neverSent(error) ? 'unsent' : 'unknown' };
  }
  const kind = kinds.get(error.code);
  if (kind) return { kind };
  if (error.status >= 500 || error.status === 401 || error.status === 408) {
    return { kind: 'unknown' };
  }
  return { kind: 'refused', why: `${error.message} (${error.code})` };
}
