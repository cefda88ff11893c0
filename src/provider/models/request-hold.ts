import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { fieldsOf } from '#src/base/json.ts';

const most = 1e9;

/** Returns undefined for anything but a plausible count. */
export function reportedCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= most ? value : undefined;
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
export const mostPictureTokens = 2_833 + 8 * 5_667;

export function picturesIn(messages: readonly object[]): number {
  return messages.flatMap((one) => ('pictures' in one && one.pictures) || []).length;
}

/** Reads the usage in chat completions or from a Realtime server. Undefined if a total is invalid. */
export function reportedTokens(usage: unknown): TokenUsage | undefined {
  const counts = fieldsOf(usage);
  const inputTokens = reportedCount(counts.prompt_tokens ?? counts.input_tokens);
  const outputTokens = reportedCount(counts.completion_tokens ?? counts.output_tokens);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  if (inputTokens + outputTokens === 0) return undefined;
  const asked = fieldsOf(counts.prompt_tokens_details ?? counts.input_token_details);
  const answered = fieldsOf(counts.completion_tokens_details ?? counts.output_token_details);
  return {
    inputTokens,
    outputTokens,
    audioInputTokens: reportedCount(asked.audio_tokens),
    audioOutputTokens: reportedCount(answered.audio_tokens),
    cachedInputTokens: reportedCount(asked.cached_tokens),
  };
}

export type RequestHold = {
  readonly units: number;
  /** Frees what the request did not cost. */
  end(): void;
};

/** Undefined if the request has no limit. */
export type HoldResult = Promise<RequestHold | undefined> | undefined;

export type CountedRequest<T> = {
  readonly hold: () => HoldResult;
  readonly ask: (units?: number) => AsyncIterable<T>;
  readonly isOutput: (part: T) => boolean;
  /** Called once at the end of a request, unless it costs nothing. */
  readonly over: (isWhole: boolean) => void;
};

export async function* counted<T>(
  { ask, hold, isOutput, over }: CountedRequest<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  signal.throwIfAborted();
  const held = await hold();
  let [hasBegun, isWhole, isRefused] = [false, false, true];
  try {
    signal.throwIfAborted(); // A request that is not sent costs nothing.
    isRefused = false;
    for await (const part of ask(held?.units)) {
      hasBegun = isOutput(part) || hasBegun;
      yield part;
    }
    isWhole = true;
  } catch (error) {
    isRefused ||= !hasBegun && !signal.aborted && isUnpaid(error);
    throw error;
  } finally {
    if (!isRefused) over(isWhole);
    held?.end();
  }
}

const unpaid: ReadonlySet<ErrorCode> = new Set([
  'provider.unreachable',
  'provider.refused',
  'provider.bad_key',
  'provider.rate_limited',
  'provider.spent',
  'provider.wrong_type',
  'speech.unspeakable',
  'speech.no_voice',
]);

/** True for a request that failed before its first output at no cost. A late request may be charged. */
export function isUnpaid(error: unknown): boolean {
  return error instanceof BotError && unpaid.has(error.code);
}
