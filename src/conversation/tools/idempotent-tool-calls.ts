import { parsedJson } from '#src/base/json.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type { ToolCall } from '#src/chat/ports.ts';
import type { ToolEnd } from '#src/conversation/ports/session-events.ts';
import { longestToolMs, type Quote } from '#src/conversation/ports/tool-definition.ts';
import { isUnwanted } from '#src/conversation/queue/turn-handle.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { DoneCall, TurnUtterance } from '#src/pipeline/pipeline.ts';
import { queueRules } from '#src/turn/queue-rules.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';

/** End of a call, and its result for the model. */
export type ToolCallResult = {
  readonly how: ToolEnd;
  readonly content: string;
  readonly isPlain?: boolean;
  /** True where nothing was changed. */
  readonly isVain?: boolean;
  readonly quote?: Quote;
};

/** A call that is about to change something. */
type EffectRun = {
  readonly call: ToolCall;
  /** The question, as its utterances. */
  readonly said: readonly TurnUtterance[];
  /** Longest time of the run, in ms. */
  readonly longestMs: number;
  /** Performs the call. Aborting `signal` ends it. */
  readonly perform: (signal: AbortSignal, effect: IdempotentToolCall) => Promise<ToolCallResult>;
  /** The result of a run that failed, or that is stopped: then there is no error. */
  readonly failed: (error: unknown, effect: IdempotentToolCall) => ToolCallResult;
  /** Error of a run that took longer than `longestMs`. */
  readonly late: () => Error;
};

/** Most calls that are kept in a session; a further one drops the oldest. */
const limit = 64;
/** Longest time, in ms, in which a question may be asked anew: its answer is put off, and its slowest tool runs. */
const keptMs = 2 * (queueRules.longestPostponedMs + longestToolMs);

const running = JSON.stringify({
  result: { running: 'It is being done. Call it again only to learn its result.' },
});

/** One call with an effect: made for some utterances, and never again for them. */
export class IdempotentToolCall {
  readonly call: ToolCall;
  readonly atMs: number;
  readonly #utterances: ReadonlySet<string>;
  readonly #personIds: ReadonlySet<string>;
  readonly #settled: Promise<ToolCallResult>;
  #result: ToolCallResult | undefined;
  #button: PendingConfirmation | undefined;

  constructor(
    { call, said }: Pick<EffectRun, 'call' | 'said'>,
    atMs: number,
    run: (effect: IdempotentToolCall) => Promise<ToolCallResult>,
  ) {
    this.call = call;
    this.atMs = atMs;
    this.#utterances = new Set(said.map(utteranceId));
    this.#personIds = new Set(said.map(({ speakerId }) => speakerId));
    this.#settled = run(this).then((result) => {
      this.#result = result;
      return result;
    });
  }

  /** The button without which it does nothing, unless that was pressed. */
  get button(): PendingConfirmation | undefined {
    return this.#button?.pressed ? undefined : this.#button;
  }

  set button(button: PendingConfirmation) {
    this.#button = button;
  }

  /** True where nothing came of it: it was refused, or only asked a question that no button answers. */
  get isVain(): boolean {
    const { how, isVain = false, quote } = this.#result ?? {};
    return isVain || how === 'refused' || (quote !== undefined && !this.#button);
  }

  /** True where everybody noticed what it did. */
  get isPlain(): boolean {
    return this.#result?.isPlain === true;
  }

  get done(): DoneCall {
    const pressed = this.#button?.pressed;
    const content = (pressed ? pressed.content : this.#result?.content) ?? running;
    return { call: this.call, content };
  }

  /** Its result, once there is one. Never rejects. */
  async result(): Promise<ToolCallResult> {
    const result = await this.#settled;
    return { ...result, content: this.done.content };
  }

  /** Whether it was made for a question with one of these utterances. */
  isFor(said: readonly TurnUtterance[]): boolean {
    return said.some((one) => this.#utterances.has(utteranceId(one)));
  }

  /** Whether its result answers this call too: the same one, or any of its tool where nothing was said since. */
  answers(call: ToolCall, said: readonly TurnUtterance[]): boolean {
    return this.covers(said) || isSameCall(this.call, call);
  }

  /** Whether it was made when all of this had been said. */
  covers(said: readonly TurnUtterance[]): boolean {
    return said.every((one) => this.#utterances.has(utteranceId(one)));
  }

  isBy(personId: string): boolean {
    return this.#personIds.has(personId);
  }
}

/**
 * Calls with an effect of one session, by the utterances they were made for: an answer that is begun anew has the same
 * utterances, so it finds what was done for them, whatever ended the answer before.
 */
export class IdempotentToolCalls {
  readonly #context: SessionContext;
  #effects: readonly IdempotentToolCall[] = [];

  /** The end of the session stops the calls that run. */
  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Calls that were made for any of these utterances and changed something, or may have or still may, oldest first. */
  madeFor(said: readonly TurnUtterance[]): readonly IdempotentToolCall[] {
    return this.#effects.filter((one) => one.isFor(said) && !one.isVain);
  }

  /**
   * Runs a call once, and keeps its result for its question. It runs on where the question is asked anew; where that is not wanted
   * any more it is stopped.
   *
   * Errors: none. Aborting `signal`, the answer's, throws `signal.reason`, at once.
   */
  async run(effect: EffectRun, signal: AbortSignal): Promise<ToolCallResult> {
    signal.throwIfAborted();
    const nowMs = this.#context.parts.clock.nowMs();
    const made = new IdempotentToolCall(effect, nowMs, (own) => this.#perform(effect, own, signal));
    const kept = this.#effects.filter(({ atMs }) => nowMs - atMs < keptMs);
    this.#effects = [...kept, made].slice(-limit);
    return await unlessAborted(made.result(), signal);
  }

  forget(effect: IdempotentToolCall): void {
    this.#effects = this.#effects.filter((one) => one !== effect);
  }

  /** Nothing is kept of what this person asked for. */
  withdraw(personId: string): void {
    this.#effects = this.#effects.filter((one) => !one.isBy(personId));
  }

  /** Never rejects. */
  async #perform(
    { perform, longestMs, failed, late }: EffectRun,
    effect: IdempotentToolCall,
    answer: AbortSignal,
  ): Promise<ToolCallResult> {
    const over = new AbortController();
    const stop = () => {
      if (isUnwanted(answer.reason)) over.abort(answer.reason);
    };
    answer.addEventListener('abort', stop);
    const { parts, signal: ended } = this.#context;
    const signal = AbortSignal.any([ended, over.signal]);
    try {
      const work = unlessAborted(perform(signal, effect), signal);
      return await within(work, longestMs, parts.clock, late);
    } catch (error) {
      return failed(signal.aborted ? undefined : error, effect);
    } finally {
      answer.removeEventListener('abort', stop);
      over.abort(new Error('the call is over'));
    }
  }
}

/** Whether both calls are of one tool with the same arguments, in whatever order. */
function isSameCall(one: ToolCall, other: ToolCall): boolean {
  return one.name === other.name && canonical(one) === canonical(other);
}

function canonical({ argumentsJson }: ToolCall): string {
  return JSON.stringify(sorted(parsedJson(argumentsJson))) ?? argumentsJson;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]): [string, unknown] => [key, sorted(one)]);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The same for each copy of an utterance, also while it is being said. */
function utteranceId({ speakerId, fromMs }: TurnUtterance): string {
  return `${speakerId} ${fromMs}`;
}
