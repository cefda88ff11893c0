import type { Clock } from '#src/base/clock.ts';
import { BotError, withAbout } from '#src/base/errors.ts';
import type { Breaker, Pass } from './breaker.ts';
import { type Deadlines, type StageTiming, timed } from './deadlines.ts';
import {
  type ProviderBreaker,
  type ProviderNews,
  type ProviderRole,
  viewBreaker,
} from './provider-news.ts';
import { Outrun, withStandby } from './standby.ts';

/** One of the engines that can serve a role; the first of them is meant to. */
export type Fallback<Engine> = {
  /** As people know it. */
  readonly provider: string;
  /** The setting that holds its key. */
  readonly keySetting?: string;
  readonly breaker: Breaker;
  /** Loaded when first asked for. Errors: BotError. */
  readonly engine: () => Engine | Promise<Engine>;
};

export type FallbackChainOptions<Engine> = {
  readonly role: ProviderRole;
  /** In order of preference, at least one. */
  readonly fallbacks: readonly Fallback<Engine>[];
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Whether what fails at once is asked once more; false where the caller does that, who cannot wait though. */
  readonly retries: boolean;
  /**
   * Time in ms without output after which the next engine is asked as well, while the first one goes on: whichever has
   * output first answers. Left out: the next one is asked only when the first fails. Requests with a place have none.
   */
  readonly standbyMs?: number;
  /** Never throws. */
  readonly tell: (news: ProviderNews) => void;
};

export type FallbackRequest<Engine, T> = {
  /** `index` is that of the fallback, from 0. */
  readonly ask: (engine: Engine, signal: AbortSignal, index: number) => AsyncIterable<T>;
  /** Whether people hear or read of this part: from the first such on, nothing is asked again. */
  readonly isOutput: (part: T) => boolean;
  /** Time in ms added to the deadline of the first output, where much is asked. */
  readonly moreMs?: number;
};

/** Place in the chain that several requests which belong together use. */
export type FallbackPosition = { index: number; isEntered: boolean; isPinned: boolean };

export function openFallbackPosition(): FallbackPosition {
  return { index: 0, isEntered: false, isPinned: false };
}

type FallbackStep<Engine> = {
  readonly at: number;
  readonly fallback: Fallback<Engine>;
  readonly pass: Pass;
  hasBegun: boolean;
};
type FallbackOutcome =
  /** `moved`: what it belongs to went down meanwhile. */
  | { readonly kind: 'whole' | 'moved' }
  | { readonly kind: 'failed'; readonly error: BotError; readonly tookMs: number };

/** The pause before something is asked again, where the server names none. */
const retryPauseMs = 200;
/** A server that wants more is not asked again in this turn. */
const longestPauseMs = 1000;
/** The request is to blame for these, not the server; another one may take it all the same. */
const ownFault = new Set([400, 413, 422]);

/**
 * Serves requests by the first engine that is not resting, and by the next one when that fails before its first output.
 *
 * What fails at once is asked once more. A rested engine is tried by the request that comes next, so that things go
 * back to normal by themselves.
 */
export class FallbackChain<Engine> {
  readonly #options: FallbackChainOptions<Engine>;
  /** Engines that have answered once. */
  readonly #warm = new Set<Fallback<Engine>>();
  readonly #failing = new Set<Fallback<Engine>>();
  #told = 0;

  constructor(options: FallbackChainOptions<Engine>) {
    this.#options = options;
  }

  /** How each engine stands, in order of preference. */
  get breakers(): readonly ProviderBreaker[] {
    const { fallbacks, role } = this.#options;
    return fallbacks.map((one) => viewBreaker(role, one));
  }

  /** The engine that would be asked now, if it is loaded. */
  get present(): Engine | undefined {
    const engine = this.#options.fallbacks.find(({ breaker }) => breaker.admits)?.engine();
    return engine instanceof Promise ? undefined : engine;
  }

  /**
   * Requests of one `place` use one fallback from the first output of any of them on.
   *
   * Errors: BotError of the last engine asked; where all rest, what the first of them rests from. Anything else an
   * engine throws passes. Aborting `signal` throws `signal.reason`.
   */
  run<T>(
    asking: FallbackRequest<Engine, T>,
    signal: AbortSignal,
    place?: FallbackPosition,
  ): AsyncGenerator<T> {
    const { standbyMs, fallbacks, clock } = this.#options;
    if (place || standbyMs === undefined || fallbacks.length === 1)
      return this.#run(asking, signal, place ?? openFallbackPosition());
    const first = openFallbackPosition();
    const standby = (inner: AbortSignal) => {
      first.isPinned = true; // what is below it is asked here
      const below = { ...openFallbackPosition(), index: first.index + 1 };
      return this.#run(asking, inner, below);
    };
    const { isOutput } = asking;
    const rules = { afterMs: standbyMs + (asking.moreMs ?? 0), clock, isOutput };
    return withStandby((inner) => this.#run(asking, inner, first), standby, rules, signal);
  }

  async *#run<T>(
    asking: FallbackRequest<Engine, T>,
    signal: AbortSignal,
    place: FallbackPosition,
  ): AsyncGenerator<T> {
    let mayRetry = true;
    let step = place.isEntered ? this.#stepAt(place) : this.#stepFrom(place.index, place);
    try {
      while (step) {
        const outcome: FallbackOutcome = yield* this.#attempt(asking, step, place, signal);
        if (outcome.kind === 'whole') return;
        const isAgain = outcome.kind === 'failed' && mayRetry && this.#isWorthIt(outcome, step);
        if (isAgain) {
          mayRetry = false;
          const { retryAfterMs = retryPauseMs } = outcome.error.about;
          await this.#options.clock.sleep(retryAfterMs, signal);
        }
        if (outcome.kind === 'failed' && !isAgain) step = this.#after(outcome.error, step, place);
        else {
          step.pass.left();
          step = this.#stepAt(place);
        }
      }
    } finally {
      step?.pass.left();
    }
    throw this.#restError();
  }

  /** Goes with whatever of `place` has entered. */
  #stepAt({ index: at }: FallbackPosition): FallbackStep<Engine> {
    const fallback = this.#options.fallbacks[at];
    if (!fallback) throw new RangeError('There is no such fallback.');
    return { at, fallback, pass: fallback.breaker.accompany(), hasBegun: false };
  }

  #stepFrom(first: number, place: FallbackPosition): FallbackStep<Engine> | undefined {
    for (const [at, fallback] of this.#options.fallbacks.entries()) {
      const pass = at < first ? undefined : fallback.breaker.enter();
      if (!pass) continue;
      place.index = at;
      place.isEntered = true;
      return { at, fallback, pass, hasBegun: false };
    }
    return undefined;
  }

  /** Where to ask next. Errors: `error`, where nobody is left. */
  #after(
    error: BotError,
    { at, pass }: FallbackStep<Engine>,
    place: FallbackPosition,
  ): FallbackStep<Engine> {
    if (ownFault.has(error.about.status ?? 0) || error.code === 'speech.no_voice') pass.left();
    else pass.failed(error);
    if (place.index !== at) return this.#stepAt(place);
    const below = place.isPinned ? undefined : this.#stepFrom(at + 1, place);
    if (!below) throw error;
    return below;
  }

  #isWorthIt(
    { error, tookMs }: Extract<FallbackOutcome, { kind: 'failed' }>,
    { fallback }: FallbackStep<Engine>,
  ): boolean {
    const waitMs = error.about.retryAfterMs ?? retryPauseMs;
    const { deadlines, retries } = this.#options;
    const isSoon = tookMs + waitMs <= deadlines.retryWithinMs;
    if (!retries && error.code !== 'provider.rate_limited') return false;
    return error.retryable && fallback.breaker.isClosed && isSoon && waitMs <= longestPauseMs;
  }

  async *#attempt<T>(
    { ask, isOutput, moreMs = 0 }: FallbackRequest<Engine, T>,
    step: FallbackStep<Engine>,
    place: FallbackPosition,
    signal: AbortSignal,
  ): AsyncGenerator<T, FallbackOutcome> {
    const { clock } = this.#options;
    const hangUp = new AbortController();
    const either = AbortSignal.any([signal, hangUp.signal]);
    const startMs = clock.nowMs();
    try {
      const source = this.#from(step.fallback, (engine) => ask(engine, either, step.at));
      const parts = timed(source, this.#timing(step.fallback, isOutput, moreMs));
      return yield* this.#pour(parts, isOutput, step, place);
    } catch (thrown) {
      if (signal.reason instanceof Outrun) step.pass.failed(this.#outrun(step.fallback, startMs));
      signal.throwIfAborted();
      const error = this.#describe(thrown, step.fallback);
      if (!step.hasBegun) return { kind: 'failed', error, tookMs: clock.nowMs() - startMs };
      step.pass.failed(error);
      throw error;
    } finally {
      hangUp.abort(new Error('nobody waits for it any more'));
    }
  }

  async *#pour<T>(
    parts: AsyncIterable<T>,
    isOutput: (part: T) => boolean,
    step: FallbackStep<Engine>,
    place: FallbackPosition,
  ): AsyncGenerator<T, FallbackOutcome> {
    for await (const part of parts) {
      if (!step.hasBegun && isOutput(part)) {
        if (place.index !== step.at) return { kind: 'moved' };
        step.hasBegun = true;
        place.isPinned = true;
        this.#begins(step);
      }
      yield part;
    }
    step.pass.succeeded();
    return { kind: 'whole' };
  }

  async *#from<T>(
    fallback: Fallback<Engine>,
    ask: (engine: Engine) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    yield* ask(await fallback.engine());
  }

  #timing<T>(
    fallback: Fallback<Engine>,
    isOutput: (part: T) => boolean,
    moreMs: number,
  ): StageTiming<T> {
    const { clock, deadlines } = this.#options;
    const { coldFirstMs, firstMs, idleMs, totalMs } = deadlines;
    return {
      clock,
      isOutput,
      idleMs,
      totalMs,
      firstMs: (this.#warm.has(fallback) ? firstMs : coldFirstMs) + moreMs,
      late: (ms) => late(fallback, ms),
    };
  }

  /** Another engine answered while this one was awaited. */
  #outrun(fallback: Fallback<Engine>, sinceMs: number): BotError {
    const waitedMs = Math.round(this.#options.clock.nowMs() - sinceMs);
    return this.#describe(late(fallback, waitedMs), fallback);
  }

  /** What is no failure of the server is thrown on; one that lacks a voice for a language is well, and another may have it. */
  #describe(thrown: unknown, fallback: Fallback<Engine>): BotError {
    if (!(thrown instanceof BotError) || thrown.code === 'speech.unspeakable') throw thrown;
    if (thrown.code === 'speech.no_voice') return thrown;
    const { provider, keySetting } = fallback;
    const error = withAbout(thrown, { provider, ...(keySetting && { keySetting }) });
    const { code, message, cause } = error;
    const { role, tell } = this.#options;
    this.#failing.add(fallback);
    tell({ kind: 'failed', role, provider, code, message, cause });
    return error;
  }

  #begins({ fallback, at, pass }: FallbackStep<Engine>): void {
    const { role, fallbacks, tell } = this.#options;
    const { provider } = fallback;
    this.#warm.add(fallback);
    pass.began();
    if (this.#failing.delete(fallback)) tell({ kind: 'mended', role, provider });
    const [first] = fallbacks;
    if (!first || at === this.#told || (at === 0) !== first.breaker.isClosed) return;
    this.#told = at;
    if (at === 0) tell({ kind: 'fallback-off', role, back: provider });
    else tell({ kind: 'fallback-on', role, from: first.provider, to: provider });
  }

  #restError(): BotError {
    const resting = this.#options.fallbacks[0]?.breaker.resting;
    if (!resting) throw new Error('Nobody rests, and nobody was asked.');
    const { reason, restMs } = resting;
    const { code, message, about } = reason;
    const known = { ...about, retryAfterMs: restMs };
    return new BotError(code, false, message, undefined, undefined, known);
  }
}

function late({ provider }: Fallback<unknown>, ms: number): BotError {
  return new BotError('provider.late', true, `${provider} kept us waiting for ${ms / 1000} s.`);
}
