import { DiscordAPIError, RateLimitError, RESTJSONErrorCodes } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import { type LoggedText, writeSentence } from '#src/base/logged-text.ts';

/** `passing`: the request may have come through, or go well the next time. */
export type WriteFailure =
  | { readonly kind: 'passing' | KnownFailure }
  | { readonly kind: 'refused'; readonly why: LoggedText };

type KnownFailure =
  | 'too-old'
  | 'message-gone'
  | 'chat-gone'
  | 'webhook-gone'
  | 'forbidden'
  | 'archived';

const tooManyOldEdits =
  RESTJSONErrorCodes.MaximumNumberOfEditsToMessagesOlderThanOneHourReached;
const failureKinds = new Map<unknown, KnownFailure>([
  [tooManyOldEdits, 'too-old'],
  [RESTJSONErrorCodes.UnknownMessage, 'message-gone'],
  [RESTJSONErrorCodes.UnknownChannel, 'chat-gone'],
  [RESTJSONErrorCodes.UnknownGuild, 'chat-gone'],
  [RESTJSONErrorCodes.UnknownWebhook, 'webhook-gone'],
  [RESTJSONErrorCodes.InvalidWebhookToken, 'webhook-gone'],
  [RESTJSONErrorCodes.MissingAccess, 'forbidden'],
  [RESTJSONErrorCodes.MissingPermissions, 'forbidden'],
  [RESTJSONErrorCodes.CannotSendMessagesInNonTextChannel, 'forbidden'],
  [RESTJSONErrorCodes.InvalidActionOnArchivedThread, 'archived'],
  [RESTJSONErrorCodes.ThreadLocked, 'forbidden'],
]);
/** Codes of connections that never came about. */
const unsentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
]);
const [firstRetryMs, maxRetryMs] = [500, 30_000];

/** Classifies an error of a request that writes a message. */
export function toWriteFailure(error: unknown): WriteFailure {
  if (!(error instanceof DiscordAPIError)) return { kind: 'passing' };
  const kind = failureKinds.get(error.code);
  if (kind) return { kind };
  const isPassing = error.status >= 500 || error.status === 401 || error.status === 408;
  return isPassing
    ? { kind: 'passing' }
    : { kind: 'refused', why: writeSentence`error ${Number(error.code)}` };
}

/** Computes the wait before a retry. Undefined means never. */
export function getRetryDelayMs(error: unknown, failures: number): number | undefined {
  if (error instanceof RateLimitError) return Math.max(1, error.retryAfter);
  if (toWriteFailure(error).kind !== 'passing') return undefined;
  return Math.min(maxRetryMs, firstRetryMs * 2 ** failures);
}

/** Tests whether Discord cannot have taken the message of a request that failed so. In doubt it may have. */
export function isSurelyUnsent(error: unknown): boolean {
  return error instanceof RateLimitError || unsentCodes.has(findNetworkCode(error));
}

/** Converts an error to a BotError `discord.*`, with the id of the chat for the operator. */
export function createUnwrittenError(chatName: string, cause: unknown): BotError {
  if (cause instanceof BotError) return cause;
  if (cause instanceof DiscordAPIError) {
    return new BotError(
      'discord.forbidden',
      false,
      `Nothing could be written in ${chatName}: may the bot send messages there?`,
      cause,
    );
  }
  const reason = findNetworkCode(cause) || 'no known reason';
  const message = `Nothing could be written in ${chatName}: Discord could not be reached (${reason}).`;
  return new BotError('discord.unreachable', true, message, cause);
}

/** Finds the code of a network error, such as ECONNREFUSED. Empty for other errors. */
export function findNetworkCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
