import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { controllerUnder } from '#src/base/waiting.ts';
import { type Deadlines, ServerSpeed, timed } from './deadlines.ts';
import type { ProviderNews, ProviderRole } from './provider-news.ts';

export type BreakerRules = {
  /** Failures in a row that open the breaker; a hopeless one does at once. */
  readonly failures: number;
  /** The first rest; each failed trial doubles it. */
  readonly firstRestMs: number;
  readonly longestRestMs: number;
};

/** A server that wants to be left alone for longer is; a shorter wait is the retry's. */
const longWaitMs = 1000;
/** Longest rest a server may ask for, in ms. */
const longestAskedMs = 3_600_000;
/** Rest in ms after a server refused for lack of credit: no bill is paid within a second. */
const spentRestMs = 60_000;

type Rest = { readonly plannedMs: number; readonly untilMs: number; readonly reason: BotError };

/** Keeps requests from a server that fails until it has rested. After that a failure begins a longer rest, and a success ends it. */
export class Breaker {
  readonly #clock: Clock;
  readonly #rules: BreakerRules;
  #failuresInRow = 0;
  /** The latest, until a success. */
  #rest: Rest | undefined;

  constructor(rules: BreakerRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  get isClosed(): boolean {
    return this.#rest === undefined;
  }

  /** Whether a request may be sent now. */
  get admits(): boolean {
    return this.#rest === undefined || this.#clock.nowMs() >= this.#rest.untilMs;
  }

  /** Reason and remaining time, in ms, of the rest; undefined while the breaker is closed. */
  get resting(): { readonly reason: BotError; readonly restMs: number } | undefined {
    if (this.#rest === undefined) return undefined;
    const { reason, untilMs } = this.#rest;
    return { reason, restMs: Math.max(0, untilMs - this.#clock.nowMs()) };
  }

  /** Reports an answer that did not fail; one that began before the rest says nothing about now. */
  succeeded(): void {
    if (!this.admits) return;
    this.#failuresInRow = 0;
    this.#rest = undefined;
  }

  failed(reason: BotError): void {
    this.#failuresInRow += 1;
    if (!this.admits) return;
    const { failures, firstRestMs, longestRestMs } = this.#rules;
    if (this.isClosed && this.#failuresInRow < failures && !isHopeless(reason)) return;
    const doubledMs = this.#rest ? 2 * this.#rest.plannedMs : firstRestMs;
    const plannedMs = Math.min(longestRestMs, doubledMs);
    const askedMs = Math.min(reason.about.retryAfterMs ?? 0, longestAskedMs);
    const leastMs = reason.code === 'provider.spent' ? spentRestMs : askedMs;
    const untilMs = this.#clock.nowMs() + Math.max(plannedMs, leastMs);
    this.#rest = { plannedMs, untilMs, reason };
  }
}

/** Asking again at once cannot help. */
function isHopeless({ code, about }: BotError): boolean {
  if (code === 'provider.bad_key' || code === 'provider.spent' || about.status === 404) return true;
  return (about.retryAfterMs ?? 0) > longWaitMs;
}

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
  /** Sound or text of the request, in multiples of a short one; absent: it says nothing about the time to the first output. */
  readonly size?: number;
};

/** Place in the chain that several requests which belong together use. */
export type FallbackPosition = { index: number | undefined; isPinned: boolean };

export function openFallbackPosition(): FallbackPosition {
  return { index: undefined, isPinned: false };
}

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
  readonly #speeds = new Map<Fallback<Engine>, ServerSpeed>();
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
    for (;;) {
      const at = this.#indexOf(place);
      const startMs = clock.nowMs();
      const end: AttemptEnd = yield* this.#attempt(asking, at, place, signal);
      if (end === 'whole') return;
      if (end === 'moved') continue;
      if (!hasRetried && this.#isWorthIt(end, clock.nowMs() - startMs, this.#at(at))) {
        hasRetried = true;
        await clock.sleep(end.about.retryAfterMs ?? retryPauseMs, signal);
      } else this.#leave(at, end, place);
    }
  }

  /** One request to one engine. Errors: its own after output, described; the reason of `signal`. */
  async *#attempt<T>(
    asking: FallbackRequest<Engine, T>,
    at: number,
    place: FallbackPosition,
    signal: AbortSignal,
  ): AsyncGenerator<T, AttemptEnd> {
    const fallback = this.#at(at);
    const hangUp = controllerUnder(signal);
    let [hasBegun, isWell] = [false, false];
    try {
      for await (const part of this.#partsOf(asking, at, hangUp.signal)) {
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
      return 'whole';
    } catch (thrown) {
      signal.throwIfAborted();
      const error = this.#describe(thrown, fallback);
      if (!hasBegun) return error;
      isWell = false;
      fallback.breaker.failed(error);
      throw error;
    } finally {
      if (isWell) fallback.breaker.succeeded();
      hangUp.abort(notAwaited);
    }
  }

  #at(index: number): Fallback<Engine> {
    const fallback = this.#options.fallbacks[index];
    if (!fallback) throw new RangeError('There is no such fallback.');
    return fallback;
  }

  /** Index of the engine that serves a place. Errors: the reason of the first engine's rest, where all rest. */
  #indexOf(place: FallbackPosition): number {
    place.index ??= this.#admittingFrom(0);
    if (place.index === undefined) throw this.#restError();
    return place.index;
  }

  #admittingFrom(first: number): number | undefined {
    const { fallbacks } = this.#options;
    const index = fallbacks.findIndex(({ breaker }, n) => n >= first && breaker.admits);
    return index < 0 ? undefined : index;
  }

  /** Moves a place on from an engine that failed. Errors: `error`, where no engine is left. */
  #leave(at: number, error: BotError, place: FallbackPosition): void {
    const { about, code } = error;
    if (code === 'budget.used') throw error;
    const isRefused = ownFault.has(about.status ?? 0) || about.takesNoPictures;
    const isWell = isRefused || code === 'speech.no_voice';
    if (!isWell) this.#at(at).breaker.failed(error);
    if (place.index !== at) return;
    const next = place.isPinned ? undefined : this.#admittingFrom(at + 1);
    if (next === undefined) throw error;
    place.index = next;
  }

  #isWorthIt(error: BotError, tookMs: number, { breaker }: Fallback<Engine>): boolean {
    const waitMs = error.about.retryAfterMs ?? retryPauseMs;
    const isSoon = tookMs + waitMs <= this.#options.deadlines.retryWithinMs;
    return error.retryable && breaker.isClosed && isSoon && waitMs <= longestPauseMs;
  }

  /** Output of one engine, waited for no longer than the deadlines say. */
  #partsOf<T>(
    { ask, isOutput, size }: FallbackRequest<Engine, T>,
    at: number,
    signal: AbortSignal,
  ): AsyncIterable<T> {
    const fallback = this.#at(at);
    const { clock, deadlines } = this.#options;
    const speed = this.#speeds.get(fallback) ?? new ServerSpeed();
    this.#speeds.set(fallback, speed);
    const note = (ms: number) => speed.note(ms, size);
    const asked = async function* () {
      yield* ask(await fallback.engine(), signal, at);
    };
    return timed(asked(), {
      clock,
      isOutput,
      ...speed.limits(deadlines, size),
      onFirst: note,
      late: (ms) => {
        note(ms);
        return late(fallback, ms);
      },
    });
  }

  /**
   * An error that is no failure of the server is thrown on; one that lacks a voice for a language is well, and another
   * may have it.
   */
  #describe(thrown: unknown, fallback: Fallback<Engine>): BotError {
    if (!(thrown instanceof BotError) || thrown.code === 'speech.unspeakable') throw thrown;
    if (thrown.code === 'speech.no_voice' || thrown.about.takesNoPictures) return thrown;
    const { provider } = fallback;
    const { code, message, cause } = thrown;
    const { role, report } = this.#options;
    this.#failing.add(fallback);
    report({ kind: 'failed', role, provider, code, message, cause });
    return thrown;
  }

  #reportStart(at: number): void {
    const { role, fallbacks, report } = this.#options;
    const fallback = this.#at(at);
    const { provider } = fallback;
    if (this.#failing.delete(fallback)) report({ kind: 'mended', role, provider });
    const [first] = fallbacks;
    if (!first || at === this.#reported) return;
    if (at === 0 ? !first.breaker.admits : first.breaker.isClosed) return;
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

function late({ provider }: Fallback<unknown>, ms: number): BotError {
  // Not asked again: it may still be busy with this request, and would take up the next one behind it.
  return new BotError('provider.late', false, `${provider} did not respond for ${ms / 1000} s.`);
}
