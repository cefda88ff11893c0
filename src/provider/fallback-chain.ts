import { createChildController } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import {
  createProviderSpeed,
  type Deadlines,
  enforceDeadlines,
  type ProviderSpeed,
} from './deadlines.ts';
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
const maxAskedRestMs = 3_600_000;
/** Nobody pays a bill within a second. */
const noCreditRestMs = 60_000;

type Rest = {
  readonly plannedMs: number;
  readonly untilMs: number;
  readonly reason: BotError;
};

export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>;

/**
 * Creates a circuit breaker, which pauses requests to a failing provider. After the rest a failure begins a longer
 * rest, and a success closes the breaker.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { BotError } from '#src/base/errors.ts';
 * import { createCircuitBreaker } from '#src/provider/fallback-chain.ts';
 *
 * const breaker = createCircuitBreaker({ failures: 1, firstRestMs: 1_000, maxRestMs: 60_000 }, realClock);
 * breaker.recordFailure(new BotError('provider.unreachable', true, 'The server is down.'));
 * breaker.canRequest; // false
 */
export function createCircuitBreaker(
  { failures, firstRestMs, maxRestMs }: CircuitBreakerRules,
  clock: Clock,
) {
  let failuresInRow = 0;
  let rest: Rest | undefined;
  const canRequest = () => rest === undefined || clock.nowMs() >= rest.untilMs;

  return {
    get isClosed(): boolean {
      return rest === undefined;
    },
    get canRequest(): boolean {
      return canRequest();
    },
    get currentRest():
      | { readonly reason: BotError; readonly restMs: number }
      | undefined {
      if (!rest) return undefined;
      const { reason, untilMs } = rest;
      return { reason, restMs: Math.max(0, untilMs - clock.nowMs()) };
    },
    recordSuccess() {
      if (!canRequest()) return;
      failuresInRow = 0;
      rest = undefined;
    },
    recordFailure(reason: BotError) {
      failuresInRow += 1;
      if (!canRequest()) return;
      if (!rest && failuresInRow < failures && !isHopeless(reason)) return;
      const doubledMs = rest ? 2 * rest.plannedMs : firstRestMs;
      const plannedMs = Math.min(maxRestMs, doubledMs);
      const askedMs = Math.min(reason.about.retryAfterMs ?? 0, maxAskedRestMs);
      const leastMs = reason.code === 'provider.spent' ? noCreditRestMs : askedMs;
      const untilMs = clock.nowMs() + Math.max(plannedMs, leastMs);
      rest = { plannedMs, untilMs, reason };
    },
  };
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
  readonly report: (news: ProviderEvent) => void;
};

export type FallbackRequest<Engine, T> = {
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

/** `moved` means that another request moved the place to another engine. */
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
  readonly #options;
  readonly #speeds = new Map<Fallback<Engine>, ProviderSpeed>();
  readonly #failing = new Set<Fallback<Engine>>();
  #reported = 0;

  constructor(options: FallbackChainOptions<Engine>) {
    this.#options = options;
  }

  get currentEngine(): Engine | undefined {
    const engine = this.#options.fallbacks
      .find(({ breaker }) => breaker.canRequest)
      ?.getEngine();
    return engine instanceof Promise ? undefined : engine;
  }

  /**
   * Sends a request to an engine, or the next after a failure. Requests with equal `place` keep one engine after
   * the first output. Throws the BotError of the last engine, or of the first engine's rest if all rest.
   */
  async *run<T>(
    asking: FallbackRequest<Engine, T>,
    signal: AbortSignal,
    place = createFallbackPosition(),
  ): AsyncGenerator<T> {
    const { clock } = this.#options;
    let hasRetried = false;
    for (;;) {
      const at = this.#selectIndex(place);
      const startMs = clock.nowMs();
      const end = yield* this.#attempt(asking, at, place, signal);
      if (end === 'completed') return;
      if (end === 'moved') continue;
      if (
        !hasRetried &&
        this.#shouldRetry(end, clock.nowMs() - startMs, this.#getFallback(at))
      ) {
        hasRetried = true;
        await clock.sleep(end.about.retryAfterMs ?? retryDelayMs, signal);
      } else this.#moveOn(at, end, place);
    }
  }

  async *#attempt<T>(
    asking: FallbackRequest<Engine, T>,
    at: number,
    place: FallbackPosition,
    signal: AbortSignal,
  ): AsyncGenerator<T, AttemptEnd> {
    const fallback = this.#getFallback(at);
    const hangUp = createChildController(signal);
    let [hasBegun, isWell] = [false, false];
    try {
      for await (const part of this.#readParts(asking, at, hangUp.signal)) {
        if (!hasBegun && asking.isOutput(part)) {
          if (place.index !== at) return 'moved';
          [hasBegun, isWell] = [true, true];
          place.isPinned = true;
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

  #selectIndex(place: FallbackPosition) {
    place.index ??= this.#findAvailable(0);
    if (place.index === undefined) throw this.#createRestError();
    return place.index;
  }

  #findAvailable(first: number) {
    const index = this.#options.fallbacks.findIndex(
      ({ breaker }, n) => n >= first && breaker.canRequest,
    );
    return index < 0 ? undefined : index;
  }

  #moveOn(at: number, error: BotError, place: FallbackPosition) {
    const { about, code } = error;
    if (code === 'budget.used') throw error;
    const isRefused =
      requestFaultStatuses.has(about.status ?? 0) || about.takesNoPictures;
    const isWell = isRefused || code === 'speech.no_voice';
    if (!isWell) this.#getFallback(at).breaker.recordFailure(error);
    if (place.index !== at) return;
    const next = place.isPinned ? undefined : this.#findAvailable(at + 1);
    if (next === undefined) throw error;
    place.index = next;
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
    const speed = this.#speeds.get(fallback) ?? createProviderSpeed();
    this.#speeds.set(fallback, speed);
    const note = (ms: number) => speed.record(ms, size);
    const asked = async function* () {
      yield* ask(await fallback.getEngine(), signal, at);
    };
    return enforceDeadlines(asked(), {
      clock,
      isOutput,
      ...speed.getDeadlines(deadlines, size),
      onFirst: note,
      createError: (ms) => {
        note(ms);
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
    const [first] = fallbacks;
    if (!first || at === this.#reported) return;
    if (at === 0 ? !first.breaker.canRequest : first.breaker.isClosed) return;
    this.#reported = at;
    if (at === 0) report({ kind: 'fallback-off', role, back: provider });
    else report({ kind: 'fallback-on', role, from: first.provider, to: provider });
  }

  #createRestError() {
    const resting = this.#options.fallbacks[0]?.breaker.currentRest;
    if (!resting) throw new Error('No provider rests, and none was asked.');
    const { reason, restMs } = resting;
    const { code, message, about } = reason;
    const known = { ...about, retryAfterMs: restMs };
    return new BotError(code, false, message, undefined, undefined, known);
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
