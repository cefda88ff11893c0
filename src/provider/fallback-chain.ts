import type { Clock } from '#src/base/clock.ts';
import { BotError, withAbout } from '#src/base/errors.ts';
import { controllerUnder } from '#src/base/waiting.ts';
import type { Breaker, Pass } from './breaker.ts';
import { type Deadlines, type StageTiming, timed } from './deadlines.ts';
import type { ProviderNews, ProviderRole } from './provider-news.ts';

/** An engine that can serve a role. */
export type Fallback<Engine> = {
  /** Name for people. */
  readonly provider: string;
  readonly breaker: Breaker;
  /** Loaded when first asked for. Errors: BotError. */
  readonly engine: () => Engine | Promise<Engine>;
};

export type FallbackChainOptions<Engine> = {
  readonly role: ProviderRole;
  /** The usual engine, then its fallback where it has one. */
  readonly fallbacks: readonly Fallback<Engine>[];
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Never throws. */
  readonly report: (news: ProviderNews) => void;
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
  /** `moved`: its place moved to another engine meanwhile. */
  | { readonly kind: 'whole' | 'moved' }
  | { readonly kind: 'failed'; readonly error: BotError; readonly tookMs: number };

/** One request to one engine. */
type Attempt<Engine, T> = {
  readonly step: FallbackStep<Engine>;
  readonly place: FallbackPosition;
  readonly signal: AbortSignal;
  /** Aborts the engine's work. */
  readonly hangUp: AbortController;
  readonly startMs: number;
  /** Once it is asked. */
  parts?: AsyncIterator<T, undefined>;
  /** Once it is over. */
  outcome: FallbackOutcome;
};

/** The pause before something is asked again, where the server names none. */
const retryPauseMs = 200;
/** A server that wants more is not asked again in this turn. */
const longestPauseMs = 1000;
const notAwaited = new Error('the request is over');
/** The request is to blame for these, not the server; another one may take it all the same. */
const ownFault = new Set([400, 413, 422]);

/**
 * Serves requests by the first engine that is not resting, and by its fallback when that fails before its first output.
 *
 * A request that fails at once is repeated once. A rested engine is tried by the next request, so that the chain recovers
 * by itself.
 */
export class FallbackChain<Engine> {
  readonly #options: FallbackChainOptions<Engine>;
  /** Engines that have answered once. */
  readonly #warm = new Set<Fallback<Engine>>();
  readonly #failing = new Set<Fallback<Engine>>();
  #reported = 0;

  constructor(options: FallbackChainOptions<Engine>) {
    this.#options = options;
  }

  /** The engine that would be asked now, if it is loaded. */
  get present(): Engine | undefined {
    const engine = this.#options.fallbacks.find(({ breaker }) => breaker.admits)?.engine();
    return engine instanceof Promise ? undefined : engine;
  }

  /**
   * Requests of one `place` use one fallback from the first output of any of them on.
   *
   * Errors: BotError of the last engine asked; where all rest, the reason of the first one's rest. Other errors of an
   * engine pass. Aborting `signal` throws `signal.reason`.
   */
  async *run<T>(
    asking: FallbackRequest<Engine, T>,
    signal: AbortSignal,
    place = openFallbackPosition(),
  ): AsyncGenerator<T> {
    const retries = { left: 1 };
    let step = place.isEntered ? this.#stepAt(place) : this.#stepFrom(0, place);
    try {
      while (step) {
        const attempt: Attempt<Engine, T> = this.#attempt(step, place, signal);
        try {
          for (;;) {
            const { done, value } = await this.#next(asking, attempt);
            if (done) break;
            signal.throwIfAborted();
            yield value;
          }
        } finally {
          await attempt.parts?.return?.();
          attempt.hangUp.abort(notAwaited);
        }
        if (attempt.outcome.kind === 'whole') return step.pass.succeeded();
        step = await this.#stepAfter(attempt, retries);
      }
    } finally {
      step?.pass.left();
    }
    throw this.#restError();
  }

  /** Next engine after an attempt that gave no output. Errors: its own, where no engine is left. */
  async #stepAfter(
    { outcome, place, signal, step }: Attempt<Engine, unknown>,
    retries: { left: number },
  ): Promise<FallbackStep<Engine>> {
    if (outcome.kind === 'failed') {
      const { error } = outcome;
      if (retries.left === 0 || !this.#isWorthIt(outcome, step))
        return this.#after(error, step, place);
      retries.left--;
      await this.#options.clock.sleep(error.about.retryAfterMs ?? retryPauseMs, signal);
    }
    step.pass.left();
    return this.#stepAt(place);
  }

  /** Joins the engine that another attempt of `place` has entered. */
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

  /** Next engine. Errors: `error`, where no engine is left. */
  #after(
    error: BotError,
    { at, pass }: FallbackStep<Engine>,
    place: FallbackPosition,
  ): FallbackStep<Engine> {
    if (error.code === 'budget.used') {
      pass.left();
      throw error;
    }
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
    const { deadlines } = this.#options;
    const isSoon = tookMs + waitMs <= deadlines.retryWithinMs;
    return error.retryable && fallback.breaker.isClosed && isSoon && waitMs <= longestPauseMs;
  }

  #attempt<T>(
    step: FallbackStep<Engine>,
    place: FallbackPosition,
    signal: AbortSignal,
  ): Attempt<Engine, T> {
    const startMs = this.#options.clock.nowMs();
    const hangUp = controllerUnder(signal);
    return { step, place, signal, hangUp, startMs, outcome: { kind: 'whole' } };
  }

  /** The next part of an answer, waited for no longer than the deadlines say; the last one is followed by `outcome`. */
  async #next<T>(
    asking: FallbackRequest<Engine, T>,
    attempt: Attempt<Engine, T>,
  ): Promise<IteratorResult<T, undefined>> {
    const { place, step } = attempt;
    try {
      attempt.parts ??= this.#partsOf(asking, attempt);
      const part = await attempt.parts.next();
      const isFirst = !part.done && !step.hasBegun && asking.isOutput(part.value);
      if (!isFirst || this.#begins(step, place)) return part;
      attempt.outcome = { kind: 'moved' };
    } catch (thrown) {
      attempt.outcome = this.#failure(thrown, attempt);
    }
    return { done: true, value: undefined };
  }

  #partsOf<T>(
    { ask, isOutput, moreMs = 0 }: FallbackRequest<Engine, T>,
    { hangUp, step }: Attempt<Engine, T>,
  ): AsyncIterator<T, undefined> {
    const { at, fallback } = step;
    const engine = fallback.engine();
    const asked = (ready: Engine) => ask(ready, hangUp.signal, at);
    const source = engine instanceof Promise ? opened(engine, asked) : asked(engine);
    return timed(source, this.#timing(fallback, isOutput, moreMs));
  }

  /** Errors: `thrown`, described, where there was output before; the reason of `signal`. */
  #failure(
    thrown: unknown,
    { signal, startMs, step }: Pick<Attempt<Engine, unknown>, 'signal' | 'startMs' | 'step'>,
  ): FallbackOutcome {
    signal.throwIfAborted();
    const error = this.#describe(thrown, step.fallback);
    const tookMs = this.#options.clock.nowMs() - startMs;
    if (!step.hasBegun) return { kind: 'failed', error, tookMs };
    step.pass.failed(error);
    throw error;
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

  /**
   * An error that is no failure of the server is thrown on; one that lacks a voice for a language is well, and another
   * may have it.
   */
  #describe(thrown: unknown, fallback: Fallback<Engine>): BotError {
    if (!(thrown instanceof BotError) || thrown.code === 'speech.unspeakable') throw thrown;
    if (thrown.code === 'speech.no_voice') return thrown;
    const { provider } = fallback;
    const error = withAbout(thrown, { provider });
    const { code, message, cause } = error;
    const { role, report } = this.#options;
    this.#failing.add(fallback);
    report({ kind: 'failed', role, provider, code, message, cause });
    return error;
  }

  /** The first output of a step; false where its place is at another engine meanwhile. */
  #begins(step: FallbackStep<Engine>, place: FallbackPosition): boolean {
    if (place.index !== step.at) return false;
    step.hasBegun = true;
    place.isPinned = true;
    this.#reportStart(step);
    return true;
  }

  #reportStart({ fallback, at, pass }: FallbackStep<Engine>): void {
    const { role, fallbacks, report } = this.#options;
    const { provider } = fallback;
    this.#warm.add(fallback);
    pass.began();
    if (this.#failing.delete(fallback)) report({ kind: 'mended', role, provider });
    const [first] = fallbacks;
    if (!first || at === this.#reported || (at === 0) !== first.breaker.isClosed) return;
    this.#reported = at;
    if (at === 0) report({ kind: 'fallback-off', role, back: provider });
    else report({ kind: 'fallback-on', role, from: first.provider, to: provider });
  }

  #restError(): BotError {
    const resting = this.#options.fallbacks[0]?.breaker.resting;
    if (!resting) throw new Error('No provider rests, and none was asked.');
    const { reason, restMs } = resting;
    const { code, message, about } = reason;
    const known = { ...about, retryAfterMs: restMs };
    return new BotError(code, false, message, undefined, undefined, known);
  }
}

/** Requests output of an engine that is loaded first. */
async function* opened<Engine, T>(
  engine: Promise<Engine>,
  ask: (engine: Engine) => AsyncIterable<T>,
): AsyncGenerator<T> {
  yield* ask(await engine);
}

function late({ provider }: Fallback<unknown>, ms: number): BotError {
  return new BotError('provider.late', true, `${provider} did not respond for ${ms / 1000} s.`);
}
