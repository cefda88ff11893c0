import { DiscordAPIError, RateLimitError, RESTJSONErrorCodes } from 'discord.js';
import { BotError, getErrorMessage } from '#src/base/errors.ts';

/** `passing`: the request may have come through, or go well the next time. */
export type WriteFailure =
  | { readonly kind: 'passing' | Known }
  | { readonly kind: 'refused'; readonly why: string };

type Known = 'too-old' | 'message-gone' | 'chat-gone' | 'forbidden' | 'archived';

const tooManyOldEdits =
  RESTJSONErrorCodes.MaximumNumberOfEditsToMessagesOlderThanOneHourReached;
const failureKinds = new Map<unknown, Known>([
  [tooManyOldEdits, 'too-old'],
  [RESTJSONErrorCodes.UnknownMessage, 'message-gone'],
  [RESTJSONErrorCodes.UnknownChannel, 'chat-gone'],
  [RESTJSONErrorCodes.UnknownGuild, 'chat-gone'],
  [RESTJSONErrorCodes.MissingAccess, 'forbidden'],
  [RESTJSONErrorCodes.MissingPermissions, 'forbidden'],
  [RESTJSONErrorCodes.CannotSendMessagesInNonTextChannel, 'forbidden'],
  [RESTJSONErrorCodes.InvalidActionOnArchivedThread, 'archived'],
  [RESTJSONErrorCodes.ThreadLocked, 'forbidden'],
]);
const [firstRetryMs, longestRetryMs] = [500, 30_000];

export function toWriteFailure(error: unknown): WriteFailure {
  if (!(error instanceof DiscordAPIError)) return { kind: 'passing' };
  const kind = failureKinds.get(error.code);
  if (kind) return { kind };
  const isPassing = error.status >= 500 || error.status === 401 || error.status === 408;
  return isPassing
    ? { kind: 'passing' }
    : { kind: 'refused', why: `${error.message} (${error.code})` };
}

/** Computes the wait before a retry. Undefined means never. */
export function retryAfterMs(error: unknown, failures: number): number | undefined {
  if (error instanceof RateLimitError) return Math.max(1, error.retryAfter);
  if (toWriteFailure(error).kind !== 'passing') return undefined;
  return Math.min(longestRetryMs, firstRetryMs * 2 ** failures);
}

export function createUnwrittenError(place: string, cause: unknown): BotError {
  if (cause instanceof BotError) return cause;
  if (cause instanceof DiscordAPIError) {
    return new BotError(
      'discord.forbidden',
      false,
      `Nothing could be written in ${place}: may the bot send messages there?`,
      cause,
    );
  }
  const why = findNetworkCode(cause) || getErrorMessage(cause);
  const message = `Nothing could be written in ${place}: Discord could not be reached (${why}).`;
  return new BotError('discord.unreachable', true, message, cause);
}

/** Such as ECONNREFUSED. Empty for other errors. */
export function findNetworkCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
