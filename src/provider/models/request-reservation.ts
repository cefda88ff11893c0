import { APIError } from 'openai/core/error';
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

/** Counts the output of one try. */
export interface TryCount<T> {
  /** Returns whether a part is output, after which the try is paid. */
  isOutput(part: T): boolean;
  /** Notes the end of the try once, unless it costs nothing. */
  onEnd(isWhole: boolean): void;
}

/** Money for the tries of one question, each with a reservation of its own. */
export interface TryReservations {
  /** Most units of output of the running try. Undefined without a limit. */
  readonly maxUnits: number | undefined;
  /** Settles the running try, which failed with `cause`, and reserves the next. Throws BotError `budget.used`. */
  renew(cause: unknown): Promise<void>;
  /** Sends a request beside the running try, with a reservation of its own. Throws BotError `budget.used`. */
  runBeside<Part>(send: () => AsyncIterable<Part>): AsyncIterable<Part>;
}

export type ReservedRequest<T, Count extends TryCount<T>> = {
  /** Sets money aside. Throws BotError `budget.used`. */
  readonly reserve: () => ReservationResult;
  /** Sends the request. `getCount` returns the count of the running try. */
  readonly ask: (tries: TryReservations, getCount: () => Count) => AsyncIterable<T>;
  readonly createCount: () => Count;
};

/** Yields the parts of a request for which money was set aside, and frees the rest at its end. */
export async function* runReserved<T, Count extends TryCount<T>>(
  request: ReservedRequest<T, Count>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  signal.throwIfAborted();
  const tries = new ReservedTries(request, signal);
  await tries.begin();
  let failure: { readonly cause: unknown } | undefined;
  let isWhole = false;
  try {
    signal.throwIfAborted(); // A request that is not sent costs nothing.
    for await (const part of request.ask(tries, () => tries.count)) {
      tries.notePart(part);
      yield part;
    }
    isWhole = true;
  } catch (cause) {
    failure = { cause };
    throw cause;
  } finally {
    tries.settle(isWhole, failure);
  }
}

class ReservedTries<T, Count extends TryCount<T>> implements TryReservations {
  readonly #request: ReservedRequest<T, Count>;
  readonly #signal: AbortSignal;
  #reservation: RequestReservation | undefined;
  #hasBegun = false;
  #isSettled = true;
  /** Count of the running try. */
  count: Count;

  constructor(request: ReservedRequest<T, Count>, signal: AbortSignal) {
    this.#request = request;
    this.#signal = signal;
    this.count = request.createCount();
  }

  /** Most units of output of the running try. Undefined without a limit. */
  get maxUnits(): number | undefined {
    return this.#reservation?.maxUnits;
  }

  /** Reserves money for a try. */
  async begin(): Promise<void> {
    this.#reservation = await this.#request.reserve();
    this.#hasBegun = false;
    // An abort while money was set aside means that nothing was sent.
    this.#isSettled = this.#signal.aborted;
    if (this.#isSettled) this.#reservation?.release();
  }

  /** Notes a part of the running try. */
  notePart(part: T): void {
    this.#hasBegun = this.count.isOutput(part) || this.#hasBegun;
  }

  /** Settles the running try, which failed with `cause`, and reserves the next. Throws BotError `budget.used`. */
  async renew(cause: unknown): Promise<void> {
    this.settle(false, { cause });
    this.count = this.#request.createCount();
    await this.begin();
  }

  /** Sends a request beside the running try, with a reservation of its own. Throws BotError `budget.used`. */
  async *runBeside<Part>(send: () => AsyncIterable<Part>): AsyncGenerator<Part> {
    const reservation = await this.#request.reserve();
    const count = this.#request.createCount();
    let isRefused = false;
    try {
      yield* send();
    } catch (cause) {
      isRefused = isUnpaid(cause);
      throw cause;
    } finally {
      if (!isRefused) count.onEnd(false);
      reservation?.release();
    }
  }

  /** Counts the running try once, unless it was refused, and frees the rest of its money. */
  settle(isWhole: boolean, failure: { readonly cause: unknown } | undefined): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const isRefused =
      !this.#hasBegun && !this.#signal.aborted && failure && isUnpaid(failure.cause);
    if (!isRefused) this.count.onEnd(isWhole);
    this.#reservation?.release();
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
  if (error instanceof APIError) return error.status !== undefined;
  return error instanceof BotError && unpaidCodes.has(error.code);
}
