import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { fieldsOf } from '#src/base/json.ts';

/** Limit of plausible usage of one request, in tokens or seconds: a larger report is wrong. */
const most = 1e9;

/** A count in an answer of a server: finite, not below 0; undefined for anything else. */
export function reportedCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= most ? value : undefined;
}

/** Tokens of one request. Those of sound are counted within the totals and cost more; so are cached ones, which cost less. */
export type TokenUsage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly audioInputTokens?: number;
  readonly audioOutputTokens?: number;
  readonly cachedInputTokens?: number;
};

/** Sound in ms per token, as OpenAI counts it (its price lists, 2025). */
export const [msPerTokenHeard, msPerTokenSpoken] = [100, 50];

/**
 * Most input tokens of one picture at any vendor. OpenAI's guide "Images and vision": gpt-4o-mini counts 2,833 and 5,667 for each of
 * at most 8 tiles (768 by 2,048 pixels in squares of 512). All other models of OpenAI, Claude, Gemini and Llama count fewer.
 */
export const mostPictureTokens = 2_833 + 8 * 5_667;

/** Number of pictures in the messages of a request. */
export function picturesIn(messages: readonly object[]): number {
  return messages.flatMap((one) => ('pictures' in one && one.pictures) || []).length;
}

/** Tokens of a request as chat completions, or a Realtime server, report them; undefined where a total is invalid. */
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

/** Money set aside for one request. */
export type RequestHold = {
  /** Tokens, or ms of sound, that the request may take. */
  readonly units: number;
  /** Frees what the request has not cost. */
  end(): void;
};

/** A hold, once the money is set aside; undefined: the request has no limit. */
export type HoldResult = Promise<RequestHold | undefined> | undefined;

export type CountedRequest<T> = {
  readonly hold: () => HoldResult;
  /** `units` is the limit of the hold. */
  readonly ask: (units?: number) => AsyncIterable<T>;
  /** Called with each part before it is passed on. After output a request costs, whatever its end. */
  readonly isOutput: (part: T) => boolean;
  /** Called once the request has ended or was cut short, unless it costs nothing. */
  readonly over: (isWhole: boolean) => void;
};

/** Parts of one request, with money held for it until its end. Errors: those of the request and of its hold. */
export async function* counted<T>(
  { ask, hold, isOutput, over }: CountedRequest<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  signal.throwIfAborted();
  const held = await hold();
  let [hasBegun, isWhole, isRefused] = [false, false, true];
  try {
    signal.throwIfAborted(); // a request that is not sent costs nothing
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

/** Error codes of requests that the server did not serve, or that were not sent. */
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

/** Whether a request that failed with `error` before its first output costs nothing; one that is late may be charged. */
export function isUnpaid(error: unknown): boolean {
  return error instanceof BotError && unpaid.has(error.code);
}
