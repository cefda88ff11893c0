import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { toRecord } from '#src/base/json.ts';

const maxReportedCount = 1e9;

export function toReportedCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= maxReportedCount
    ? value
    : undefined;
}

/** Totals include tokens of sound, which cost more, and cached ones, which cost less. */
export type TokenUsage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly audioInputTokens?: number;
  readonly audioOutputTokens?: number;
  readonly cachedInputTokens?: number;
};

/** Sound in ms for each token: https://developers.openai.com/api/docs/guides/realtime */
export const [msPerTokenHeard, msPerTokenSpoken] = [100, 50];

/**
 * Most input tokens of one picture at any provider: gpt-4o-mini counts 2,833 and 5,667 for each of at most 8 tiles of
 * 512 pixels: https://developers.openai.com/api/docs/guides/images-vision
 */
export const maxPictureTokens = 2_833 + 8 * 5_667;

export function countPictures(messages: readonly object[]): number {
  return messages.flatMap((one) => ('pictures' in one && one.pictures) || []).length;
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
  const asked = toRecord(counts.prompt_tokens_details ?? counts.input_token_details);
  const answered = toRecord(
    counts.completion_tokens_details ?? counts.output_token_details,
  );
  return {
    inputTokens,
    outputTokens,
    audioInputTokens: toReportedCount(asked.audio_tokens),
    audioOutputTokens: toReportedCount(answered.audio_tokens),
    cachedInputTokens: toReportedCount(asked.cached_tokens),
  };
}

export type RequestReservation = {
  readonly maxUnits: number;
  /** Frees the unused part. */
  release(): void;
};

/** Undefined if the request has no limit. */
export type ReservationResult = Promise<RequestReservation | undefined> | undefined;

export type ReservedRequest<T> = {
  readonly reserve: () => ReservationResult;
  readonly ask: (units?: number) => AsyncIterable<T>;
  readonly isOutput: (part: T) => boolean;
  /** Notes the end of a request once, unless it costs nothing. */
  readonly onEnd: (isWhole: boolean) => void;
};

export async function* runReserved<T>(
  { ask, reserve, isOutput, onEnd }: ReservedRequest<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  signal.throwIfAborted();
  const held = await reserve();
  let [hasBegun, isWhole, isRefused] = [false, false, true];
  try {
    signal.throwIfAborted(); // A request that is not sent costs nothing.
    isRefused = false;
    for await (const part of ask(held?.maxUnits)) {
      hasBegun = isOutput(part) || hasBegun;
      yield part;
    }
    isWhole = true;
  } catch (error) {
    isRefused ||= !hasBegun && !signal.aborted && isUnpaid(error);
    throw error;
  } finally {
    if (!isRefused) onEnd(isWhole);
    held?.release();
  }
}

const unpaidCodes: ReadonlySet<ErrorCode> = new Set([
  'provider.unreachable',
  'provider.refused',
  'provider.bad_key',
  'provider.rate_limited',
  'provider.spent',
  'provider.wrong_type',
  'speech.unspeakable',
  'speech.no_voice',
]);

/** Returns whether a request failed before its first output at no cost. A late request may be charged. */
export function isUnpaid(error: unknown): boolean {
  return error instanceof BotError && unpaidCodes.has(error.code);
}
