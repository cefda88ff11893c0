import type { Clock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';

export type BreakerRules = {
  /** Failures in a row that open the breaker; a hopeless one does at once. */
  readonly failures: number;
  /** The first rest; each failed trial doubles it. */
  readonly firstRestMs: number;
  readonly longestRestMs: number;
};

/** One request's reports to its breaker. The first verdict counts, apart from `began`. */
export interface Pass {
  /** The answer has begun: the server lives, though how it ends is not known yet. */
  began(): void;
  succeeded(): void;
  failed(error: BotError): void;
  /** Reports a call that was given up, or failed by our own fault: nothing is learnt. */
  left(): void;
}

/** Open: the server rests, and gets no requests; trial: it has rested, and one request tries it. */
type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open' | 'trial'; readonly untilMs: number; readonly rest: Rest };
type Rest = { readonly plannedMs: number; readonly reason: BotError };

const closed: State = { kind: 'closed' };
/** A server that wants to be left alone for longer is; a shorter wait is the retry's. */
const longWaitMs = 1000;
/** Longest rest a server may ask for, in ms. */
const longestAskedMs = 3_600_000;
/** Rest in ms after a server refused for lack of credit: no bill is paid within a second. */
const spentRestMs = 60_000;

/** Keeps requests from a server that fails: they are refused until it has rested, then one of them tries it. */
export class Breaker {
  readonly #clock: Clock;
  readonly #rules: BreakerRules;
  #failuresInRow = 0;
  #state: State = closed;

  constructor(rules: BreakerRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  get isClosed(): boolean {
    return this.#state.kind === 'closed';
  }

  /** Whether a request may enter now. */
  get admits(): boolean {
    const state = this.#state;
    if (state.kind === 'open') return this.#clock.nowMs() >= state.untilMs;
    return state.kind === 'closed';
  }

  /** Reason and rest of the time, in ms, in which no request may enter; undefined while it is closed. */
  get resting(): { readonly reason: BotError; readonly restMs: number } | undefined {
    const state = this.#state;
    if (state.kind === 'closed') return undefined;
    const restMs = Math.max(0, state.untilMs - this.#clock.nowMs());
    return { reason: state.rest.reason, restMs };
  }

  /** Undefined while the server rests, or is being tried by another request. */
  enter(): Pass | undefined {
    if (!this.admits) return undefined;
    if (this.#state.kind === 'closed') return this.#pass(false);
    this.#state = { ...this.#state, kind: 'trial' };
    return this.#pass(true);
  }

  /** Pass for a further request on behalf of one that has entered already, also after its end. */
  accompany(): Pass {
    return this.#pass(false);
  }

  #pass(isTrial: boolean): Pass {
    let isOver = false;
    const once = (verdict: () => void) => () => {
      if (!isOver) verdict();
      isOver = true;
    };
    return {
      began: () => {
        if (!isOver && this.#state.kind === 'trial') this.#state = closed;
      },
      succeeded: once(() => this.#succeeded()),
      failed: (error) => once(() => this.#failed(error))(),
      left: once(() => {
        if (isTrial && this.#state.kind === 'trial') this.#state = { ...this.#state, kind: 'open' };
      }),
    };
  }

  /** Takes a success; that of a call begun before the rest says nothing about now. */
  #succeeded(): void {
    if (this.#state.kind === 'open') return;
    this.#failuresInRow = 0;
    this.#state = closed;
  }

  #failed(error: BotError): void {
    this.#failuresInRow += 1;
    const { failures, firstRestMs, longestRestMs } = this.#rules;
    if (this.#state.kind === 'open') return;
    if (this.#state.kind === 'closed' && this.#failuresInRow < failures && !isHopeless(error))
      return;
    const doubledMs = this.#state.kind === 'trial' ? 2 * this.#state.rest.plannedMs : firstRestMs;
    const plannedMs = Math.min(longestRestMs, doubledMs);
    const restMs = Math.max(plannedMs, restAskedFor(error));
    const untilMs = this.#clock.nowMs() + restMs;
    this.#state = { kind: 'open', untilMs, rest: { plannedMs, reason: error } };
  }
}

/** Asking again at once cannot help. */
function isHopeless({ code, about }: BotError): boolean {
  if (code === 'provider.bad_key' || code === 'provider.spent' || about.status === 404) return true;
  return (about.retryAfterMs ?? 0) > longWaitMs;
}

function restAskedFor({ about, code }: BotError): number {
  if (code === 'provider.spent') return spentRestMs;
  return Math.min(about.retryAfterMs ?? 0, longestAskedMs);
}
