import { parsedJson, withSortedKeys } from '#src/base/json.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type { Tool, ToolCall } from '#src/chat/ports.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { CallRef, Id, ToolChange } from '#src/conversation/machine/state.ts';
import type { Session } from '#src/conversation/session.ts';
import { ConfidentialText, openText } from '#src/people/confidential-text.ts';
import type { DoneCall, ToolResult, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { ConfirmOutcome } from '#src/ports/command-ports.ts';
import { type PlainTextId, text } from '#src/texts/texts.ts';
import type { AnswerTools, Quote } from '#src/voice/output/pending-answer.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';
import {
  runConfirmedCall,
  type SpokenQuestion,
  spokenConfirmationQuestion,
} from './run-confirmed-call.ts';
import type { SessionTools, ToolDeps } from './session-tools.ts';
import {
  barred,
  failed,
  formatToolResult,
  formatUnknownOutcome,
  inToolTime,
  longestCallMs,
  onOneLine,
  refused,
  type ToolCallResult,
  tooLate,
} from './tool-call-results.ts';
import type { ConfirmableAction, Fitting, ToolEntry } from './tool-entry.ts';

/** A call that fits, is allowed and is prepared; the conversation decides what becomes of it. */
type PreparedCall = {
  readonly ref: CallRef;
  readonly tool: ToolEntry;
  readonly action: ConfirmableAction;
  readonly isReading: boolean;
  readonly asker: TurnUtterance;
  /** The question that asks aloud for a yes. */
  readonly spoken: SpokenQuestion | undefined;
  /** Aborted when the call takes too long, or no answer waits for its result. */
  readonly signal: AbortSignal;
  /** Aborted when its answer is over. */
  readonly answerSignal: AbortSignal;
  readonly atMs: number;
  readonly result: PromiseWithResolvers<ToolCallResult>;
};

const running: ToolCallResult = {
  how: 'known',
  content: JSON.stringify({
    result: { running: 'It is being done. Call it again only to learn its result.' },
  }),
};

/** Tool calls of one session: prepares them, and performs what the conversation decides. */
export class ToolCalls {
  readonly #session;
  readonly #deps;
  readonly #tools;
  readonly #prepared = new Map<string, PreparedCall>();
  readonly #runs = new Map<Id, AbortController>();
  /** By their keys in the state. */
  readonly #results = new Map<string, ToolCallResult>();
  #serial = 0;

  constructor(session: Session, deps: ToolDeps, tools: SessionTools) {
    this.#session = session;
    this.#deps = deps;
    this.#tools = tools;
  }

  /** Result by its key in the state. */
  resultOf(key: string | undefined): ToolCallResult {
    return this.#results.get(key ?? '') ?? running;
  }

  /** Has the conversation decide about a call. Aborting `signal` throws `signal.reason`. */
  async request(
    call: Omit<PreparedCall, 'ref' | 'result'>,
    answer: Id,
    args: string,
    fit: Fitting,
  ) {
    const ref = { answer, callId: `c${++this.#serial}` };
    const prepared: PreparedCall = {
      ...call,
      ref,
      result: Promise.withResolvers(),
    };
    this.#prepared.set(ref.callId, prepared);
    const { action, spoken, tool } = prepared;
    const { effect = fit.effect, presser } = action;
    this.#session.loop.post({
      kind: 'called',
      answer,
      call: {
        callId: ref.callId,
        tool: tool.name,
        args,
        effect,
        isForeign: tool.quotesOthers === true,
        isSayable: spoken !== undefined,
        presser: presser?.id,
      },
    });
    try {
      return await unlessAborted(prepared.result.promise, call.signal);
    } finally {
      this.#prepared.delete(ref.callId);
    }
  }

  // Effects.

  run({ call, confirmation, run }: EffectOf<'run'>): void {
    const over = new AbortController();
    this.#runs.set(run, over);
    const ask = this.#tools.confirmations.of(confirmation);
    const { signal } = ask?.press ?? this.#session;
    const until = AbortSignal.any([signal, over.signal]);
    const prepared = call && this.#prepared.get(call.callId);
    const work = ask ? this.#runConfirmed(ask, until) : this.#runPrepared(prepared, until);
    void work.then((result) => {
      if (!this.#runs.delete(run)) return;
      const { isVain = false } = result;
      this.#session.loop.post({ kind: 'returned', run, result: this.#keep(result), isVain });
    });
  }

  stopRun(run: Id): void {
    this.#runs.get(run)?.abort(new Error('the call is not wanted any more'));
  }

  result(effect: EffectOf<'result'>): void {
    const prepared = this.#prepared.get(effect.callId);
    if (!prepared) return;
    const { asker, result } = prepared;
    switch (effect.kind) {
      case 'ran':
        result.resolve(this.resultOf(effect.resultId));
        return;
      case 'repeated':
        result.resolve({ ...this.resultOf(effect.resultId), how: 'known' });
        return;
      case 'asked':
        return; // told once its button is shown
      case 'asked-before':
        result.resolve(waiting(asker.name));
        return;
      case 'called-enough':
        result.resolve(refused('It was called often enough.'));
    }
  }

  /** Asks in the chat of the channel for a press of Show and Confirm. */
  ask({ call, confirmation, isAloud, presser: presserId }: EffectOf<'ask'>): void {
    const { loop, place, signal } = this.#session;
    const { confirmations } = this.#tools;
    const prepared = this.#prepared.get(call.callId);
    if (!prepared) return;
    const { action, spoken, tool } = prepared;
    const asker = { id: prepared.asker.speakerId, name: prepared.asker.name };
    const presser = presserId === asker.id ? asker : action.presser;
    const { button, line } = confirmations.open({ tool, action, asker, presser, confirmation });
    const said = isAloud ? spoken : undefined;
    const quote = said && { text: openText(said.words) };
    const result = waiting(onOneLine(presser?.name ?? ''));
    this.#deps.messages.offer(place.channel, said?.line ?? line, [button], signal).then(
      () => prepared.result.resolve({ ...result, quote }),
      (error: unknown) => {
        loop.post({ kind: 'ask-failed', confirmation });
        prepared.result.reject(error);
      },
    );
  }

  closeAsk(confirmation: Id): void {
    const { confirmations } = this.#tools;
    confirmations.remove(confirmations.of(confirmation));
  }

  /** The button was pressed by the person who may. Never throws. Aborting `signal` ends the call. */
  async confirm(ask: PendingConfirmation, signal: AbortSignal): Promise<ConfirmOutcome> {
    const { promise, resolve } = Promise.withResolvers<ConfirmOutcome>();
    ask.press = { done: resolve, signal };
    const { confirmation, presser } = ask;
    if (confirmation === undefined) void this.#runConfirmed(ask, signal);
    else this.#session.loop.post({ kind: 'pressed', confirmation, by: presser.id });
    return await promise;
  }

  /** Keeps a result for as long as a turn of the conversation names it. */
  #keep(result: ToolCallResult): string {
    const { turns } = this.#session.loop.state;
    const known = turns.flatMap(({ changes }) => changes.map((one) => one.resultId));
    for (const key of this.#results.keys()) if (!known.includes(key)) this.#results.delete(key);
    const key = `r${++this.#serial}`;
    this.#results.set(key, result);
    return key;
  }

  async #runPrepared(
    prepared: PreparedCall | undefined,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    if (!prepared) return refused('There is no such call.');
    const { action, answerSignal, asker, atMs, isReading, tool } = prepared;
    const { clock } = this.#deps;
    const { deadlineMs = longestCallMs } = tool;
    const over = new AbortController();
    const ends = isReading ? [prepared.signal] : [];
    const until = AbortSignal.any([signal, over.signal, ...ends]);
    const act = async () => {
      const ports = this.#tools.actionsFor(asker.speakerId);
      const { facts, isVain, quote } = await action.run(ports, until);
      const content = formatToolResult(facts, tool.resultChars);
      return { how: 'ran', content, isVain, quote } as const;
    };
    try {
      const work = unlessAborted(act(), until);
      const result = await within(work, deadlineMs, clock, () => tooLate(deadlineMs));
      if (answerSignal.aborted) this.report(tool, result.how, asker.speakerId, atMs);
      return result;
    } catch (error) {
      const isLate = prepared.signal.aborted && !answerSignal.aborted;
      if (!until.aborted && !isLate) return this.failed(tool, error, isReading);
      return { how: 'failed', content: formatUnknownOutcome(tool.name, 'was stopped') };
    } finally {
      over.abort(new Error('the call is over'));
    }
  }

  async #runConfirmed(ask: PendingConfirmation, signal: AbortSignal): Promise<ToolCallResult> {
    this.#tools.confirmations.remove(ask);
    const { content, outcome } = await runConfirmedCall(
      ask,
      this.#session,
      this.#tools,
      this.#deps,
      signal,
    );
    ask.press?.done(outcome);
    return { how: 'known', content, isVain: outcome.kind !== 'done' };
  }

  /** Result of a call that failed. `isKnown`: it has surely changed nothing. */
  failed(tool: ToolEntry, error: unknown, isKnown: boolean): ToolCallResult {
    this.#session.notices.reportFailure(error, 'think');
    return failed(tool, error, isKnown);
  }

  /** Reports a call; a name that a model made up is not reported. */
  report(
    tool: ToolEntry | undefined,
    how: ToolCallResult['how'],
    speakerId: PersonId,
    atMs: number,
  ): void {
    const tookMs = this.#deps.clock.nowMs() - atMs;
    const event = { kind: 'tool', speakerId, tool: tool?.name ?? 'unknown', how, tookMs } as const;
    this.#session.notices.report(event);
  }
}

/** Tools as a model is told of them. */
export function toolsFor(entries: Iterable<ToolEntry>): readonly Tool[] {
  return Array.from(entries, ({ name, description, parameters }) => {
    return { name, description, parameters };
  });
}

/** Answer whose model calls tools. */
type CallingAnswer = {
  readonly session: Parameters<typeof spokenConfirmationQuestion>[2];
  readonly tools: SessionTools;
  readonly calls: ToolCalls;
  readonly answer: Id;
  readonly said: readonly TurnUtterance[];
  /** Changes made for its question before. */
  readonly made: readonly ToolChange[];
};

/**
 * Tools of one answer, with the rights of the people whose packets asked, whatever any text says. A call reaches the conversation only
 * if its tool was offered, its arguments fit, and every asker holds the right at that moment.
 */
export class AnswerCalls implements AnswerTools {
  readonly #about;
  readonly #tools: ReadonlyMap<string, ToolEntry>;
  #running: readonly ToolEntry[] = [];
  #quotes: readonly Quote[] = [];

  constructor(about: CallingAnswer) {
    this.#about = about;
    this.#tools = new Map(about.tools.offered().map((tool) => [tool.name, tool]));
  }

  /** Calls already made for this question, as the model is shown them. */
  get done(): readonly DoneCall[] {
    return this.#about.made.map(({ args, resultId, tool }, n) => ({
      call: { id: `done-${n}`, name: tool, argumentsJson: args },
      content: this.#about.calls.resultOf(resultId).content,
    }));
  }

  /** Tools that the model may call. */
  get offered(): readonly Tool[] {
    return toolsFor(this.#tools.values());
  }

  get quote(): Quote | undefined {
    if (this.#quotes.length === 0) return undefined;
    const texts = this.#quotes.map(({ text: one }) => one);
    const onHeard = () => this.#quotes.forEach((one) => void one.onHeard?.());
    return { text: ConfidentialText.joined(texts, '\n'), onHeard };
  }

  get step(): PlainTextId | undefined {
    return this.#running.at(-1)?.doing;
  }

  async run(call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
    signal.throwIfAborted();
    const tool = this.#tools.get(call.name);
    const atMs = this.#about.tools.clock.nowMs();
    const { how, content, quote } = await this.#inTime(tool, call, signal, atMs);
    if (quote !== undefined) this.#quotes = [...this.#quotes, quote];
    this.#about.calls.report(tool, how, this.#about.said.at(-1)?.speakerId ?? '', atMs);
    return { content };
  }

  async #inTime(
    tool: ToolEntry | undefined,
    call: ToolCall,
    signal: AbortSignal,
    atMs: number,
  ): Promise<ToolCallResult> {
    if (!tool) return refused('There is no such tool.');
    this.#running = [...this.#running, tool];
    try {
      return await inToolTime(tool, this.#about.tools.clock, signal, (work) =>
        this.#judge(tool, call, work, signal, atMs),
      );
    } catch (error) {
      signal.throwIfAborted();
      return this.#about.calls.failed(tool, error, tool.effect === 'read');
    } finally {
      const at = this.#running.indexOf(tool);
      this.#running = this.#running.filter((_, n) => n !== at);
    }
  }

  async #judge(
    tool: ToolEntry,
    call: ToolCall,
    signal: AbortSignal,
    answerSignal: AbortSignal,
    atMs: number,
  ): Promise<ToolCallResult> {
    const fit = tool.fit(call.argumentsJson);
    if ('unfit' in fit) return refused(`The arguments do not fit. ${fit.unfit}`);
    const { calls, said, session, tools } = this.#about;
    const asker = said.at(-1);
    if (!asker || !(await tools.isAllowed(tool.right, asker.speakerId, signal)))
      return barred(tool);
    signal.throwIfAborted();
    const ports = tools.actionsFor(asker.speakerId);
    const action = await fit.prepare(ports, signal);
    if (action.kind === 'refused') return refused(text(action.line.id, action.line.with));
    const isReading = fit.effect === 'read';
    const isQuoting = said.some(({ isQuoted }) => isQuoted);
    const spoken =
      isReading || isQuoting ? undefined : spokenConfirmationQuestion(action, asker, session);
    const { kind: _, ...prepared } = action;
    const about = { tool, action: prepared, isReading, asker, spoken };
    const one = { ...about, signal, answerSignal, atMs };
    return await calls.request(one, this.#about.answer, canonical(call.argumentsJson), fit);
  }
}

function waiting(name: string): ToolCallResult {
  const facts = {
    waiting: `Nothing has happened yet: ${name} has to press Show and Confirm in the chat of the channel.`,
  };
  return { how: 'asked', content: formatToolResult(facts) };
}

/** Arguments in canonical form: equal ones have equal texts. */
function canonical(argumentsJson: string): string {
  return JSON.stringify(withSortedKeys(parsedJson(argumentsJson) ?? {}));
}
