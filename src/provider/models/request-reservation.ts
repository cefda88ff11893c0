import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { toRecord } from '#src/base/json.ts';

const maxReportedCount = 1e9;

/** Returns a count that a server may send, or undefined if it is impossible. */
export function toReportedCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= maxReportedCount
    ? value
    : undefined;
}

/** Tokens of a request. Totals include tokens of sound, which cost more, and cached tokens, which cost less. */
export type TokenUsage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly audioInputTokens?: number;
  readonly audioOutputTokens?: number;
  readonly cachedInputTokens?: number;
};

/** Sound of people in ms for each token: https://developers.openai.com/api/docs/guides/realtime */
export const msPerTokenHeard = 100;
/** Sound of the model in ms for each token, by the same page. */
export const msPerTokenSpoken = 50;

/**
 * Most input tokens of one picture at any provider: gpt-4o-mini counts 2,833 and 5,667 for each of at most 8 tiles of
 * 512 pixels: https://developers.openai.com/api/docs/guides/images-vision
 */
export const maxPictureTokens: number = 2_833 + 8 * 5_667;

/** Counts the pictures of chat messages. */
export function countPictures(messages: readonly object[]): number {
  return messages.flatMap(
    (message) => ('pictures' in message && message.pictures) || [],
  ).length;
}

/** Reads the usage in chat completions or from a Realtime server. Undefined if a total is invalid. */
export function toReportedTokens(usage: unknown): TokenUsage | undefined {
  const counts = toRecord(usage);
  const inputTokens = toReportedCount(counts.prompt_tokens ?? counts.input_tokens);
  const outputTokens = toReportedCount(
    counts.completion_tokens ?? counts.output_tokens,
  );
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  if (inputTokens + outputTokens === 0) return undefined;
  const inputCounts = toRecord(
    counts.prompt_tokens_details ?? counts.input_token_details,
  );
  const outputCounts = toRecord(
    counts.completion_tokens_details ?? counts.output_token_details,
  );
  return {
    inputTokens,
    outputTokens,
    audioInputTokens: toReportedCount(inputCounts.audio_tokens),
    audioOutputTokens: toReportedCount(outputCounts.audio_tokens),
    cachedInputTokens: toReportedCount(inputCounts.cached_tokens),
  };
}

/** Money for one request. */
export type RequestReservation = {
  /** Tokens of output, or ms of sound, that the request may use. */
  readonly maxUnits: number;
  /** Frees the unused rest. A second call does nothing. */
  release(): void;
};

/** A reservation to come, or undefined if the request has no limit. */
export type ReservationResult = Promise<RequestReservation | undefined> | undefined;

export type ReservedRequest<T> = {
  /** Sets money aside. Throws BotError `budget.used`. */
  readonly reserve: () => ReservationResult;
  /** Sends the request, within so many units if money was set aside. */
  readonly ask: (maxUnits?: number) => AsyncIterable<T>;
  /** Returns whether a part is output, after which the request is paid. */
  readonly isOutput: (part: T) => boolean;
  /** Notes the end of a request once, unless it costs nothing. */
  readonly onEnd: (isWhole: boolean) => void;
};

/** Yields the parts of a request for which money was set aside, and frees the rest at its end. */
export async function* runReserved<T>(
  { ask, reserve, isOutput, onEnd }: ReservedRequest<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  signal.throwIfAborted();
  const reservation = await reserve();
  let [hasBegun, isWhole, isRefused] = [false, false, true];
  try {
    signal.throwIfAborted(); // A request that is not sent costs nothing.
    isRefused = false;
    for await (const part of ask(reservation?.maxUnits)) {
      hasBegun = isOutput(part) || hasBegun;
      yield part;
    }
    isWhole = true;
  } catch (error) {
    isRefused ||= !hasBegun && !signal.aborted && isUnpaid(error);
    throw error;
  } finally {
    if (!isRefused) onEnd(isWhole);
    reservation?.release();
  }
}

const unpaidCodes: ReadonlySet<ErrorCode> = new Set([
  'provider.unreachable',
  'provider.refused',
  'provider.bad_key',
  'provider.rate_limited',
  'provider.spent',
  'provider.loading',
  'provider.wrong_type',
  'speech.unspeakable',
  'speech.no_voice',
]);

/** Returns whether a request failed before its first output at no cost. A late request may be charged. */
export function isUnpaid(error: unknown): boolean {
  return error instanceof BotError && unpaidCodes.has(error.code);
}
