import { createChildController } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { type Deadlines, enforceDeadlines, ProviderSpeed } from './deadlines.ts';
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
    const minMs = reason.code === 'provider.spent' ? noCreditRestMs : requestedMs;
    const untilMs = this.#clock.nowMs() + Math.max(plannedMs, minMs);
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
  /** Loads the engine when first asked for. Throws BotError. */
  readonly getEngine: () => Engine | Promise<Engine>;
};

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

const retryDelayMs = 200;
/** A provider that wants a longer wait is not retried in this turn. */
const maxRetryWaitMs = 1000;
const requestOverError = new Error('the request is over');
/** The request is to blame for these statuses. Another provider may accept it. */
const requestFaultStatuses = new Set([400, 413, 422]);

/**
 * Serves a request by the first engine that is not resting, and by the next one if that fails before its first
 * output. A request that fails at once is retried once.
 */
export class FallbackChain<Engine> {
  readonly #options: FallbackChainOptions<Engine>;
  readonly #speeds = new Map<Fallback<Engine>, ProviderSpeed>();
  readonly #failing = new Set<Fallback<Engine>>();
  #reported = 0;

  constructor(options: FallbackChainOptions<Engine>) {
    this.#options = options;
  }

  /** The first engine that is not resting. Undefined if all rest, or the engine is not loaded yet. */
  get currentEngine(): Engine | undefined {
    const engine = this.#options.fallbacks
      .find(({ breaker }) => breaker.canRequest)
      ?.getEngine();
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
    let hasRetried = false;
    for (;;) {
      const at = this.#selectIndex(position);
      const startMs = clock.nowMs();
      const end = yield* this.#attemptRequest(request, at, position, signal);
      if (end === 'completed') return;
      if (end === 'moved') continue;
      if (
        !hasRetried &&
        this.#shouldRetry(end, clock.nowMs() - startMs, this.#getFallback(at))
      ) {
        hasRetried = true;
        await clock.sleep(end.about.retryAfterMs ?? retryDelayMs, signal);
      } else this.#moveOn(at, end, position);
    }
  }

  async *#attemptRequest<T>(
    request: FallbackRequest<Engine, T>,
    at: number,
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
      const error = this.#reportFailure(thrown, fallback);
      if (!hasBegun) return error;
      isWell = false;
      fallback.breaker.recordFailure(error);
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
    const { about, code } = error;
    if (code === 'budget.used') throw error;
    const isRefused =
      requestFaultStatuses.has(about.status ?? 0) || about.takesNoPictures;
    const isWell = isRefused || code === 'speech.no_voice';
    if (!isWell) this.#getFallback(at).breaker.recordFailure(error);
    if (position.index !== at) return;
    const next = position.isPinned ? undefined : this.#findAvailable(at + 1);
    if (next === undefined) throw error;
    position.index = next;
  }

  #shouldRetry(error: BotError, tookMs: number, { breaker }: Fallback<Engine>) {
    const waitMs = error.about.retryAfterMs ?? retryDelayMs;
    const isSoon = tookMs + waitMs <= this.#options.deadlines.retryWithinMs;
    return error.retryable && breaker.isClosed && isSoon && waitMs <= maxRetryWaitMs;
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
      yield* ask(await fallback.getEngine(), signal, at);
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

  #reportFailure(thrown: unknown, fallback: Fallback<Engine>) {
    if (!(thrown instanceof BotError) || thrown.code === 'speech.unspeakable')
      throw thrown;
    // An engine without a voice for a language is well, and another one may have the voice.
    if (thrown.code === 'speech.no_voice' || thrown.about.takesNoPictures)
      return thrown;
    const { provider } = fallback;
    const { code, message, cause } = thrown;
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
      report({ kind: 'fallback-on', role, from: mainFallback.provider, to: provider });
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

function createLateError({ provider }: Fallback<unknown>, ms: number) {
  // Not retried: the provider may be busy with this request, and queue the next one.
  return new BotError(
    'provider.late',
    false,
    `${provider} did not respond for ${ms / 1000} s.`,
  );
}
