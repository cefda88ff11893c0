import type { Clock } from '#src/base/clock.ts';
import { BotError, withAbout } from '#src/base/errors.ts';
import { controllerUnder } from '#src/base/waiting.ts';
import type { Breaker, Pass } from './breaker.ts';
import { type Deadlines, timed } from './deadlines.ts';
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
/** End of a request to one engine. `moved`: its place moved to another engine meanwhile. An error came before any output. */
type AttemptEnd = 'whole' | 'moved' | BotError;

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
    const { clock } = this.#options;
    let hasRetried = false;
    let step = place.isEntered ? this.#stepAt(place) : this.#stepFrom(0, place);
    try {
      while (step) {
        const startMs = clock.nowMs();
        const end: AttemptEnd = yield* this.#attempt(asking, step, place, signal);
        if (end === 'whole') return step.pass.succeeded();
        if (end !== 'moved') {
          if (hasRetried || !this.#isWorthIt(end, clock.nowMs() - startMs, step)) {
            step = this.#after(end, step, place);
            continue;
          }
          hasRetried = true;
          await clock.sleep(end.about.retryAfterMs ?? retryPauseMs, signal);
        }
        step.pass.left();
        step = this.#stepAt(place);
      }
    } finally {
      step?.pass.left();
    }
    throw this.#restError();
  }

  /** One request to one engine. Errors: its own after output, described; the reason of `signal`. */
  async *#attempt<T>(
    asking: FallbackRequest<Engine, T>,
    step: FallbackStep<Engine>,
    place: FallbackPosition,
    signal: AbortSignal,
  ): AsyncGenerator<T, AttemptEnd> {
    const hangUp = controllerUnder(signal);
    try {
      for await (const part of this.#partsOf(asking, step, hangUp.signal)) {
        const isFirst = !step.hasBegun && asking.isOutput(part);
        if (isFirst && !this.#begins(step, place)) return 'moved';
        signal.throwIfAborted();
        yield part;
      }
      return 'whole';
    } catch (thrown) {
      signal.throwIfAborted();
      const error = this.#describe(thrown, step.fallback);
      if (!step.hasBegun) return error;
      step.pass.failed(error);
      throw error;
    } finally {
      hangUp.abort(notAwaited);
    }
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

  #isWorthIt(error: BotError, tookMs: number, { fallback }: FallbackStep<Engine>): boolean {
    const waitMs = error.about.retryAfterMs ?? retryPauseMs;
    const isSoon = tookMs + waitMs <= this.#options.deadlines.retryWithinMs;
    return error.retryable && fallback.breaker.isClosed && isSoon && waitMs <= longestPauseMs;
  }

  /** Output of one engine, waited for no longer than the deadlines say. */
  #partsOf<T>(
    { ask, isOutput, moreMs = 0 }: FallbackRequest<Engine, T>,
    { at, fallback }: FallbackStep<Engine>,
    signal: AbortSignal,
  ): AsyncIterable<T> {
    const { clock, deadlines } = this.#options;
    const { coldFirstMs, idleMs, totalMs } = deadlines;
    const firstMs = this.#warm.has(fallback) ? deadlines.firstMs : coldFirstMs;
    const engine = fallback.engine();
    const asked = (ready: Engine) => ask(ready, signal, at);
    return timed(engine instanceof Promise ? opened(engine, asked) : asked(engine), {
      clock,
      isOutput,
      idleMs,
      totalMs,
      firstMs: firstMs + moreMs,
      late: (ms) => late(fallback, ms),
    });
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
