import { createChildController, withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { admitError, admitSetting, type LoggedText } from '#src/base/logged-text.ts';
import type { Deadlines } from './deadlines.ts';
import type { ProviderEvent, ProviderRole } from './provider-event.ts';

export type CircuitBreakerRules = {
  /** Failures in a row that open the breaker. A hopeless failure opens it at once. */
  readonly failures: number;
  /** Each failed trial doubles the rest. */
  readonly firstRestMs: number;
  readonly maxRestMs: number;
};

/** A shorter wait is handled by the retry. */
const maxRetryAfterMs = 1000;
/** Longest rest that a server may ask for. */
const maxRequestedRestMs = 3_600_000;
/** Nobody pays a bill within a second. */
const noCreditRestMs = 60_000;

type Rest = {
  readonly plannedMs: number;
  readonly untilMs: number;
  readonly reason: BotError;
};

/**
 * Pauses requests to a failing provider. After the rest a failure begins a longer rest, and a success closes the
 * breaker.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { BotError } from '#src/base/errors.ts';
 * import { CircuitBreaker } from '#src/provider/fallback-chain.ts';
 *
 * const breaker = new CircuitBreaker({ failures: 1, firstRestMs: 1_000, maxRestMs: 60_000 }, realClock);
 * breaker.recordFailure(new BotError('provider.unreachable', true, 'The server is down.'));
 * breaker.canRequest; // false
 */
export class CircuitBreaker {
  readonly #rules: CircuitBreakerRules;
  readonly #clock: Clock;
  #failuresInRow = 0;
  #rest: Rest | undefined;

  constructor(rules: CircuitBreakerRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  /** Whether no rest has begun since the last success. */
  get isClosed(): boolean {
    return this.#rest === undefined;
  }

  /** Whether a request may be sent: no rest runs, though a trial may be due. */
  get canRequest(): boolean {
    return this.#rest === undefined || this.#clock.nowMs() >= this.#rest.untilMs;
  }

  /** The failure that began the last rest, and the ms until its end, or 0. Undefined while closed. */
  get currentRest():
    | { readonly reason: BotError; readonly restMs: number }
    | undefined {
    if (!this.#rest) return undefined;
    const { reason, untilMs } = this.#rest;
    return { reason, restMs: Math.max(0, untilMs - this.#clock.nowMs()) };
  }

  /** Closes the breaker, unless a rest runs: then the request was sent before the rest. */
  recordSuccess(): void {
    if (!this.canRequest) return;
    this.#failuresInRow = 0;
    this.#rest = undefined;
  }

  /** Counts a failure, which may begin a rest. A failure during a rest does not make the rest longer. */
  recordFailure(reason: BotError): void {
    const { failures, firstRestMs, maxRestMs } = this.#rules;
    this.#failuresInRow += 1;
    if (!this.canRequest) return;
    if (!this.#rest && this.#failuresInRow < failures && !isHopeless(reason)) return;
    const doubledMs = this.#rest ? 2 * this.#rest.plannedMs : firstRestMs;
    const plannedMs = Math.min(maxRestMs, doubledMs);
    const requestedMs = Math.min(reason.about.retryAfterMs ?? 0, maxRequestedRestMs);
    const minMs = reason.code === 'provider.spent' ? noCreditRestMs : 0;
    const untilMs = this.#clock.nowMs() + Math.max(plannedMs, requestedMs, minMs);
    this.#rest = { plannedMs, untilMs, reason };
  }
}

function isHopeless({ code, about }: BotError) {
  if (code === 'provider.bad_key' || code === 'provider.spent' || about.status === 404)
    return true;
  return (about.retryAfterMs ?? 0) > maxRetryAfterMs;
}

export type Fallback<Engine> = {
  readonly provider: string;
  readonly breaker: CircuitBreaker;
} & (
  | { readonly engine: Engine }
  /** Loads the engine when first asked for. Throws BotError. */
  | { readonly openEngine: () => Promise<Engine> }
);

function getEngine<Engine>(fallback: Fallback<Engine>) {
  return 'engine' in fallback ? fallback.engine : fallback.openEngine();
}

/** A fallback, with its name as the log writes it. */
type NamedFallback<Engine> = Fallback<Engine> & { readonly provider: LoggedText };

export type FallbackChainOptions<Engine> = {
  readonly role: ProviderRole;
  readonly fallbacks: readonly Fallback<Engine>[];
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Never throws. */
  readonly report: (event: ProviderEvent) => void;
};

export type FallbackRequest<Engine, T> = {
  /** Sends the request to one engine, the `index`th. Throws BotError. */
  readonly ask: (
    engine: Engine,
    signal: AbortSignal,
    index: number,
  ) => AsyncIterable<T>;
  /** Returns whether people hear or read this part, after which nothing is retried. */
  readonly isOutput: (part: T) => boolean;
  /** Multiples of a short request. Undefined if the size says nothing about the time to the first output. */
  readonly size?: number;
};

export type FallbackPosition = { index: number | undefined; isPinned: boolean };

export function createFallbackPosition(): FallbackPosition {
  return { index: undefined, isPinned: false };
}

/** `moved` means that another request moved the position to another engine. */
type AttemptEnd = 'completed' | 'moved' | BotError;

/** The state of one request over its attempts. */
type Attempts = {
  /** After this instant nobody waits for a loading model any more, by `nowMs` of the clock. */
  readonly freshUntilMs: number;
  hasRetried: boolean;
  /** The last attempt met a model that is loading. */
  isLoading: boolean;
};

const retryDelayMs = 200;
/** A model that is loading is asked again after this time, or the longer one that its server states. */
const loadingPauseMs = 1000;
/** A provider that wants a longer wait is not retried in this turn. */
const maxRetryWaitMs = 1000;
const requestOverError = new Error('the request is over');
/** The request is to blame for these statuses. Another provider may accept it. */
const requestFaultStatuses = new Set([400, 413, 422]);

/**
 * Serves a request by the first engine that is not resting, and by the next one if that fails before its first
 * output. A request that fails at once is retried once. Without another engine a loading model is waited for, as long
 * as a first answer may take.
 */
export class FallbackChain<Engine> {
  readonly #options: FallbackChainOptions<Engine> & {
    readonly fallbacks: readonly NamedFallback<Engine>[];
  };
  readonly #speeds = new Map<Fallback<Engine>, ProviderSpeed>();
  readonly #failing = new Set<Fallback<Engine>>();
  #reported = 0;

  constructor(options: FallbackChainOptions<Engine>) {
    const fallbacks = options.fallbacks.map((fallback) => ({
      ...fallback,
      provider: admitSetting(fallback.provider),
    }));
    this.#options = { ...options, fallbacks };
  }

  /** The first engine that is not resting. Undefined if all rest, or the engine is not loaded yet. */
  get currentEngine(): Engine | undefined {
    const fallback = this.#options.fallbacks.find(({ breaker }) => breaker.canRequest);
    const engine = fallback && getEngine(fallback);
    return engine instanceof Promise ? undefined : engine;
  }

  /**
   * Sends a request to an engine, or the next after a failure. Requests with equal `position` keep one engine after
   * the first output. Throws the BotError of the last engine, or of the first engine's rest if all rest.
   */
  async *run<T>(
    request: FallbackRequest<Engine, T>,
    signal: AbortSignal,
    position: FallbackPosition = createFallbackPosition(),
  ): AsyncGenerator<T> {
    const { clock } = this.#options;
    const freshUntilMs = clock.nowMs() + this.#getColdDeadlineMs(request);
    const attempts: Attempts = { freshUntilMs, hasRetried: false, isLoading: false };
    for (;;) {
      const at = this.#selectIndex(position);
      const startMs = clock.nowMs();
      const attempt = { at, isLoading: attempts.isLoading };
      const end = yield* this.#attemptRequest(request, attempt, position, signal);
      if (end === 'completed') return;
      if (end === 'moved') continue;
      attempts.isLoading = end.code === 'provider.loading';
      const pauseMs = attempts.isLoading
        ? this.#findLoadingPauseMs(end, attempts, this.#findNext(at, position))
        : this.#findRetryDelayMs(end, attempts, startMs, this.#getFallback(at));
      if (pauseMs === undefined) this.#moveOn(at, end, position);
      else await clock.sleep(pauseMs, signal);
    }
  }

  /** Waits for a model while the question is fresh, unless another engine can answer. */
  #findLoadingPauseMs(
    { about }: BotError,
    { freshUntilMs }: Attempts,
    nextIndex: number | undefined,
  ) {
    const pauseMs = Math.max(loadingPauseMs, about.retryAfterMs ?? 0);
    const isFresh = this.#options.clock.nowMs() + pauseMs <= freshUntilMs;
    return isFresh && nextIndex === undefined ? pauseMs : undefined;
  }

  #findRetryDelayMs(
    error: BotError,
    attempts: Attempts,
    startMs: number,
    { breaker }: Fallback<Engine>,
  ) {
    const waitMs = error.about.retryAfterMs ?? retryDelayMs;
    const tookMs = this.#options.clock.nowMs() - startMs;
    const isSoon = tookMs + waitMs <= this.#options.deadlines.retryWithinMs;
    const canRetry = error.retryable && breaker.isClosed && waitMs <= maxRetryWaitMs;
    if (attempts.hasRetried || !canRetry || !isSoon) return undefined;
    attempts.hasRetried = true;
    return waitMs;
  }

  async *#attemptRequest<T>(
    request: FallbackRequest<Engine, T>,
    { at, isLoading }: { readonly at: number; readonly isLoading: boolean },
    position: FallbackPosition,
    signal: AbortSignal,
  ): AsyncGenerator<T, AttemptEnd> {
    const fallback = this.#getFallback(at);
    const hangUp = createChildController(signal);
    let [hasBegun, isWell] = [false, false];
    try {
      for await (const part of this.#readParts(request, at, hangUp.signal)) {
        if (!hasBegun && request.isOutput(part)) {
          if (position.index !== at) return 'moved';
          [hasBegun, isWell] = [true, true];
          position.isPinned = true;
          this.#reportStart(at);
        }
        signal.throwIfAborted();
        yield part;
      }
      isWell = true;
      return 'completed';
    } catch (thrown) {
      signal.throwIfAborted();
      const error = this.#reportFailure(thrown, fallback, isLoading);
      if (!hasBegun) return error;
      isWell = false;
      this.#blameServer(fallback, error);
      throw error;
    } finally {
      if (isWell) fallback.breaker.recordSuccess();
      hangUp.abort(requestOverError);
    }
  }

  #getFallback(index: number) {
    const fallback = this.#options.fallbacks[index];
    if (!fallback) throw new RangeError('There is no such fallback.');
    return fallback;
  }

  #selectIndex(position: FallbackPosition) {
    position.index ??= this.#findAvailable(0);
    if (position.index === undefined) throw this.#createRestError();
    return position.index;
  }

  #findAvailable(minIndex: number) {
    const index = this.#options.fallbacks.findIndex(
      ({ breaker }, n) => n >= minIndex && breaker.canRequest,
    );
    return index < 0 ? undefined : index;
  }

  #moveOn(at: number, error: BotError, position: FallbackPosition) {
    const { cap, isSessionTime } = error.about;
    // The next engine is paid out of the same money.
    if (cap !== undefined && !isSessionTime) throw error;
    this.#blameServer(this.#getFallback(at), error);
    if (position.index !== at) return;
    const next = this.#findNext(at, position);
    if (next === undefined) throw error;
    position.index = next;
  }

  #blameServer({ breaker }: Fallback<Engine>, error: BotError) {
    if (!isOfRequest(error)) breaker.recordFailure(error);
  }

  #findNext(at: number, { isPinned }: FallbackPosition) {
    return isPinned ? undefined : this.#findAvailable(at + 1);
  }

  /** Returns the time in which the first answer of a server has to begin. */
  #getColdDeadlineMs({ size = 0 }: Pick<FallbackRequest<Engine, unknown>, 'size'>) {
    return new ProviderSpeed().getDeadlines(this.#options.deadlines, size).firstMs;
  }

  #readParts<T>(
    { ask, isOutput, size }: FallbackRequest<Engine, T>,
    at: number,
    signal: AbortSignal,
  ) {
    const fallback = this.#getFallback(at);
    const { clock, deadlines } = this.#options;
    const speed = this.#speeds.get(fallback) ?? new ProviderSpeed();
    this.#speeds.set(fallback, speed);
    const recordSpeed = (ms: number) => speed.record(ms, size);
    const requestParts = async function* () {
      yield* ask(await getEngine(fallback), signal, at);
    };
    return enforceDeadlines(requestParts(), {
      clock,
      isOutput,
      ...speed.getDeadlines(deadlines, size),
      onFirst: recordSpeed,
      createError: (ms) => {
        recordSpeed(ms);
        return createLateError(fallback, ms);
      },
    });
  }

  /** `isLoading`: the operator knows already that the model is loading. */
  #reportFailure(thrown: unknown, fallback: NamedFallback<Engine>, isLoading: boolean) {
    if (!(thrown instanceof BotError) || thrown.code === 'speech.unspeakable')
      throw thrown;
    // An engine without a voice for a language is well, and another one may have the voice.
    const { isSessionTime, isShareUsed, takesNoPictures } = thrown.about;
    if (thrown.code === 'speech.no_voice' || takesNoPictures || isShareUsed)
      return thrown;
    // People read why, and the operator of the cap itself.
    if (isSessionTime) return thrown;
    if (isLoading && thrown.code === 'provider.loading') return thrown;
    const { provider } = fallback;
    const { code, cause } = thrown;
    const message = admitError(thrown);
    const { role, report } = this.#options;
    this.#failing.add(fallback);
    report({ kind: 'failed', role, provider, code, message, cause });
    return thrown;
  }

  #reportStart(at: number) {
    const { role, fallbacks, report } = this.#options;
    const fallback = this.#getFallback(at);
    const { provider } = fallback;
    if (this.#failing.delete(fallback)) report({ kind: 'mended', role, provider });
    const [mainFallback] = fallbacks;
    if (!mainFallback || at === this.#reported) return;
    if (at === 0 ? !mainFallback.breaker.canRequest : mainFallback.breaker.isClosed)
      return;
    this.#reported = at;
    if (at === 0) report({ kind: 'fallback-off', role, back: provider });
    else
      report({
        kind: 'fallback-on',
        role,
        from: mainFallback.provider,
        to: provider,
      });
  }

  #createRestError() {
    const currentRest = this.#options.fallbacks[0]?.breaker.currentRest;
    if (!currentRest) throw new Error('No provider rests, and none was asked.');
    const { reason, restMs } = currentRest;
    const { code, message, about } = reason;
    return new BotError(code, false, message, undefined, undefined, {
      ...about,
      retryAfterMs: restMs,
    });
  }
}

/** Returns whether a failure says nothing against the server, which may take the next request. */
function isOfRequest({ about, code }: BotError) {
  const isFaulty = requestFaultStatuses.has(about.status ?? 0);
  return (
    (isFaulty && code !== 'provider.truncated') ||
    about.takesNoPictures ||
    about.isContentRefusal ||
    about.isShareUsed ||
    about.isSessionTime ||
    code === 'speech.no_voice' ||
    code === 'provider.loading'
  );
}

function createLateError({ provider }: Fallback<unknown>, ms: number) {
  // Not retried: the provider may be busy with this request, and queue the next one.
  return new BotError(
    'provider.late',
    false,
    `${provider} did not respond for ${ms / 1000} s.`,
  );
}

const slownessFactor = 3;
const slownessDecay = 0.75;

/** Measures a server's speed by its slowest recent request. */
class ProviderSpeed {
  // Many servers take as long for a short request as for a long one.
  #slowest: { readonly tookMs: number; readonly size: number } | undefined;

  /** Records a request. `size` counts multiples of a short request. A late request counts with its deadline. */
  record(tookMs: number, size: number = 1): void {
    const fadedMs = slownessDecay * (this.#slowest?.tookMs ?? 0);
    const isSlowest = tookMs >= fadedMs;
    this.#slowest = isSlowest
      ? { tookMs, size }
      : { size, ...this.#slowest, tookMs: fadedMs };
  }

  /** Extends deadlines for a server that was slow. `size` 0 means that the size says nothing about the time. */
  getDeadlines(standard: Deadlines, size: number = 0): StageDeadlines {
    const { coldFirstMs, firstMs, idleMs, maxFirstMs, extraSizeMs, totalMs } = standard;
    const { tookMs, size: measuredSize } = this.#slowest ?? { tookMs: 0, size: 1 };
    const expectedMs = tookMs * Math.max(1, size / measuredSize);
    const slowMs = size > 0 ? Math.min(maxFirstMs, slownessFactor * expectedMs) : 0;
    const standardMs =
      (this.#slowest ? firstMs : coldFirstMs) + Math.max(0, size - 1) * extraSizeMs;
    return {
      firstMs: Math.max(standardMs, slowMs),
      idleMs: Math.max(idleMs, slowMs),
      totalMs: Math.max(totalMs, 2 * slowMs),
    };
  }
}

type StageDeadlines = Pick<Deadlines, 'firstMs' | 'idleMs' | 'totalMs'>;

/** How the parts of a stream are timed. */
type StageTiming<T> = StageDeadlines & {
  readonly clock: Clock;
  /** Returns whether a part is output, so that the later deadlines count. */
  readonly isOutput: (part: T) => boolean;
  /** Takes the time to the first output. */
  readonly onFirst: (waitedMs: number) => void;
  /** Creates the error of a deadline of so many ms. */
  readonly createError: (deadlineMs: number) => Error;
};

/** Passes parts on, and throws when a part is late. The caller must stop a late stream by its signal. */
async function* enforceDeadlines<T>(
  stream: AsyncIterable<T>,
  { clock, firstMs, idleMs, isOutput, createError, onFirst, totalMs }: StageTiming<T>,
): AsyncGenerator<T, undefined> {
  const reader = stream[Symbol.asyncIterator]();
  let [limitMs, pauseMs] = [Math.min(firstMs, totalMs), Infinity];
  let waitedMs = 0;
  let isWaiting = false;
  try {
    for (;;) {
      const sinceMs = clock.nowMs();
      const leftMs = limitMs - waitedMs;
      const lateMs = pauseMs < leftMs ? pauseMs : limitMs;
      isWaiting = true;
      const next = reader.next();
      const part = await withTimeout(next, Math.min(pauseMs, leftMs), clock, () =>
        createError(lateMs),
      );
      isWaiting = false;
      if (part.done) return;
      waitedMs += clock.nowMs() - sinceMs;
      if (pauseMs === Infinity && isOutput(part.value)) {
        [limitMs, pauseMs] = [totalMs, idleMs];
        onFirst(waitedMs);
      }
      yield part.value;
    }
  } finally {
    // A stream that still works stops when its signal is aborted.
    const stopped = reader.return?.(undefined)?.catch(() => undefined);
    if (!isWaiting) await stopped;
  }
}
