import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { PersonId } from '#src/base/ids.ts';
import { sortKeys, tryParseJson } from '#src/base/json.ts';
import type { Tool, ToolCall } from '#src/chat/chat-model.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { Id, ToolChange } from '#src/conversation/machine/state.ts';
import type { Session } from '#src/conversation/session.ts';
import { ConfidentialText, toOpenText } from '#src/people/confidential-text.ts';
import type { DoneCall, ToolResult, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { ConfirmOutcome } from '#src/ports/command-ports.ts';
import { formatText, type PlainTextId } from '#src/texts/texts.ts';
import type { Quote } from '#src/voice/output/pending-answer.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';
import {
  createSpokenQuestion,
  runConfirmedCall,
  type SpokenQuestion,
} from './run-confirmed-call.ts';
import type { SessionTools, ToolDeps } from './session-tools.ts';
import {
  createFailedResult,
  createMissingRightResult,
  createRejectedResult,
  formatToolResult,
  formatUnknownOutcome,
  runWithToolDeadline,
  type ToolCallResult,
  toResultLine,
  withToolDeadline,
} from './tool-call-results.ts';
import type { ConfirmableAction, FittingCall, ToolEntry } from './tool-entry.ts';

/** The conversation decides about it. */
type PreparedCall = {
  readonly tool: ToolEntry;
  readonly action: ConfirmableAction;
  readonly isReadOnly: boolean;
  readonly asker: TurnUtterance;
  readonly spoken: SpokenQuestion | undefined;
  /** Aborted when the call takes too long or nobody waits for it. */
  readonly signal: AbortSignal;
  readonly answerSignal: AbortSignal;
  readonly atMs: number;
  readonly result: PromiseWithResolvers<ToolCallResult>;
};

const runningResult: ToolCallResult = {
  how: 'known',
  content: JSON.stringify({
    result: { running: 'It is being done. Call it again only to learn its result.' },
  }),
};

export class ToolCallRunner {
  readonly #session;
  readonly #deps;
  readonly #tools;
  readonly #preparedCalls = new Map<string, PreparedCall>();
  readonly #runs = new Map<Id, AbortController>();
  readonly #results = new Map<string, ToolCallResult>();
  #serial = 0;

  constructor(session: Session, deps: ToolDeps, tools: SessionTools) {
    this.#session = session;
    this.#deps = deps;
    this.#tools = tools;
  }

  getResult(key: string | undefined): ToolCallResult {
    return this.#results.get(key ?? '') ?? runningResult;
  }

  async requestCall(
    call: Omit<PreparedCall, 'result'>,
    answer: Id,
    args: string,
    fit: FittingCall,
  ) {
    const callId = `c${++this.#serial}`;
    const result = Promise.withResolvers<ToolCallResult>();
    this.#preparedCalls.set(callId, { ...call, result });
    const { action, spoken, tool } = call;
    const { effect = fit.effect, presser } = action;
    this.#session.loop.post({
      kind: 'called',
      answer,
      call: {
        callId,
        tool: tool.name,
        args,
        effect,
        quotesOthers: tool.quotesOthers === true,
        isSayable: spoken !== undefined,
        presser: presser?.id,
      },
    });
    try {
      return await waitUnlessAborted(result.promise, call.signal);
    } finally {
      this.#preparedCalls.delete(callId);
    }
  }

  runCall({ call, confirmation, run }: EffectOf<'run'>) {
    const over = new AbortController();
    this.#runs.set(run, over);
    const ask = this.#tools.confirmations.findByNumber(confirmation);
    const { signal } = ask?.press ?? this.#session;
    const until = AbortSignal.any([signal, over.signal]);
    const prepared = call && this.#preparedCalls.get(call.callId);
    const work = ask
      ? this.#runConfirmed(ask, until)
      : this.#runPrepared(prepared, until);
    void work.then((result) => {
      if (!this.#runs.delete(run)) return;
      const { hasChangedNothing = false } = result;
      this.#session.loop.post({
        kind: 'returned',
        run,
        result: this.#keepResult(result),
        isVain: hasChangedNothing,
      });
    });
  }

  stopRun(run: Id) {
    this.#runs.get(run)?.abort(new Error('the call is not wanted any more'));
  }

  deliverResult(effect: EffectOf<'result'>) {
    const prepared = this.#preparedCalls.get(effect.callId);
    if (!prepared) return;
    const { asker, result } = prepared;
    switch (effect.kind) {
      case 'ran':
        result.resolve(this.getResult(effect.resultId));
        return;
      case 'repeated':
        result.resolve({ ...this.getResult(effect.resultId), how: 'known' });
        return;
      case 'asked':
        return; // Told once its button is shown.
      case 'asked-before':
        result.resolve(createWaitingResult(asker.name));
        return;
      case 'called-enough':
        result.resolve(createRejectedResult('It was called often enough.'));
    }
  }

  askConfirmation({
    call,
    confirmation,
    isAloud,
    presser: presserId,
  }: EffectOf<'ask'>) {
    const { loop, place, signal } = this.#session;
    const { confirmations } = this.#tools;
    const prepared = this.#preparedCalls.get(call.callId);
    if (!prepared) return;
    const { action, spoken, tool } = prepared;
    const asker = { id: prepared.asker.speakerId, name: prepared.asker.name };
    const presser = presserId === asker.id ? asker : action.presser;
    const { button, line } = confirmations.open({
      tool,
      action,
      asker,
      presser,
      confirmation,
    });
    const said = isAloud ? spoken : undefined;
    const quote = said && { text: toOpenText(said.words) };
    const result = createWaitingResult(toResultLine(presser?.name ?? ''));
    this.#deps.messages
      .offerButtons(place.channel, said?.line ?? line, [button], signal)
      .then(
        () => prepared.result.resolve({ ...result, quote }),
        (error: unknown) => {
          loop.post({ kind: 'ask-failed', confirmation });
          prepared.result.reject(error);
        },
      );
  }

  closeConfirmation(confirmation: Id) {
    const { confirmations } = this.#tools;
    confirmations.remove(confirmations.findByNumber(confirmation));
  }

  /** Runs a call after a press of its button. Never throws. Aborting `signal` ends the call. */
  async confirmCall(
    ask: PendingConfirmation,
    signal: AbortSignal,
  ): Promise<ConfirmOutcome> {
    const { promise, resolve } = Promise.withResolvers<ConfirmOutcome>();
    ask.press = { done: resolve, signal };
    const { confirmation, presser } = ask;
    if (confirmation === undefined) void this.#runConfirmed(ask, signal);
    else this.#session.loop.post({ kind: 'pressed', confirmation, by: presser.id });
    return await promise;
  }

  #keepResult(result: ToolCallResult) {
    const known = this.#session.loop.state.turns.flatMap(({ changes }) =>
      changes.map((one) => one.resultId),
    );
    for (const key of this.#results.keys())
      if (!known.includes(key)) this.#results.delete(key);
    const key = `r${++this.#serial}`;
    this.#results.set(key, result);
    return key;
  }

  async #runPrepared(
    prepared: PreparedCall | undefined,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    if (!prepared) return createRejectedResult('There is no such call.');
    const { action, answerSignal, asker, atMs, isReadOnly, tool } = prepared;
    const over = new AbortController();
    const ends = isReadOnly ? [prepared.signal] : [];
    const until = AbortSignal.any([signal, over.signal, ...ends]);
    const act = async () => {
      const ports = this.#tools.createPorts(asker.speakerId);
      const { facts, hasChangedNothing, quote } = await action.run(ports, until);
      const content = formatToolResult(facts, tool.external?.resultChars);
      return { how: 'ran', content, hasChangedNothing, quote } as const;
    };
    try {
      const work = waitUnlessAborted(act(), until);
      const result = await withToolDeadline(tool, this.#deps.clock, work);
      if (answerSignal.aborted)
        this.reportCall(tool, result.how, asker.speakerId, atMs);
      return result;
    } catch (error) {
      const isLate = prepared.signal.aborted && !answerSignal.aborted;
      if (!until.aborted && !isLate)
        return this.reportFailedCall(tool, error, isReadOnly);
      return { how: 'failed', content: formatUnknownOutcome(tool.name, 'was stopped') };
    } finally {
      over.abort(new Error('the call is over'));
    }
  }

  async #runConfirmed(
    ask: PendingConfirmation,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    this.#tools.confirmations.remove(ask);
    const { content, outcome } = await runConfirmedCall(
      ask,
      this.#session,
      this.#tools,
      this.#deps,
      signal,
    );
    ask.press?.done(outcome);
    return { how: 'known', content, hasChangedNothing: outcome.kind !== 'completed' };
  }

  /** `isKnown`: the call has surely changed nothing. */
  reportFailedCall(tool: ToolEntry, error: unknown, isKnown: boolean): ToolCallResult {
    this.#session.notices.reportFailure(error, 'think');
    return createFailedResult(tool, error, isKnown);
  }

  reportCall(
    tool: ToolEntry | undefined,
    how: ToolCallResult['how'],
    speakerId: PersonId,
    atMs: number,
  ) {
    this.#session.notices.reportEvent({
      kind: 'tool',
      speakerId,
      tool: tool?.name ?? 'unknown',
      how,
      tookMs: this.#deps.clock.nowMs() - atMs,
    });
  }
}

export function toChatTools(entries: Iterable<ToolEntry>): readonly Tool[] {
  return Array.from(entries, ({ name, description, parameters }) => {
    return { name, description, parameters };
  });
}

type AnswerCallsOptions = {
  readonly session: Parameters<typeof createSpokenQuestion>[2];
  readonly tools: SessionTools;
  readonly calls: ToolCallRunner;
  readonly answer: Id;
  readonly said: readonly TurnUtterance[];
  readonly changes: readonly ToolChange[];
};

export type AnswerCalls = ReturnType<typeof createAnswerCalls>;

/** A call is refused here unless its tool was offered, its arguments fit, and every asker holds the right. */
export function createAnswerCalls(options: AnswerCallsOptions) {
  let running: readonly ToolEntry[] = [];
  let quotes: readonly Quote[] = [];
  const tools = new Map(
    options.tools.listOfferedTools().map((tool) => [tool.name, tool]),
  );

  async function runInTime(
    tool: ToolEntry | undefined,
    call: ToolCall,
    signal: AbortSignal,
    atMs: number,
  ) {
    if (!tool) return createRejectedResult('There is no such tool.');
    running = [...running, tool];
    try {
      return await runWithToolDeadline(tool, options.tools.clock, signal, (work) =>
        prepareCall(tool, call, work, signal, atMs),
      );
    } catch (error) {
      signal.throwIfAborted();
      return options.calls.reportFailedCall(tool, error, tool.effect === 'read');
    } finally {
      const at = running.indexOf(tool);
      running = running.filter((_, n) => n !== at);
    }
  }

  async function prepareCall(
    tool: ToolEntry,
    call: ToolCall,
    signal: AbortSignal,
    answerSignal: AbortSignal,
    atMs: number,
  ) {
    const fit = tool.parseArguments(call.argumentsJson);
    if ('unfit' in fit)
      return createRejectedResult(`The arguments do not fit. ${fit.unfit}`);
    const { calls, said, session, tools } = options;
    const asker = said.at(-1);
    if (!asker || !(await tools.isAllowed(tool.right, asker.speakerId, signal)))
      return createMissingRightResult(tool);
    signal.throwIfAborted();
    const action = await fit.prepare(tools.createPorts(asker.speakerId), signal);
    if (action.kind === 'refused')
      return createRejectedResult(formatText(action.line.id, action.line.with));
    const isReadOnly = fit.effect === 'read';
    const isQuoting = said.some(({ isQuoted }) => isQuoted);
    const spoken =
      isReadOnly || isQuoting
        ? undefined
        : createSpokenQuestion(action, asker, session);
    const { kind: _, ...prepared } = action;
    const about = { tool, action: prepared, isReadOnly, asker, spoken };
    return await calls.requestCall(
      { ...about, signal, answerSignal, atMs },
      options.answer,
      toCanonicalArguments(call.argumentsJson),
      fit,
    );
  }

  return {
    get doneCalls(): readonly DoneCall[] {
      return options.changes.map(({ args, resultId, tool }, n) => ({
        call: { id: `done-${n}`, name: tool, argumentsJson: args },
        content: options.calls.getResult(resultId).content,
      }));
    },
    get offered(): readonly Tool[] {
      return toChatTools(tools.values());
    },
    get quote(): Quote | undefined {
      if (quotes.length === 0) return undefined;
      const texts = quotes.map(({ text: one }) => one);
      const onHeard = () => quotes.forEach((one) => void one.onHeard?.());
      return { text: ConfidentialText.join(texts, '\n'), onHeard };
    },
    get runningStep(): PlainTextId | undefined {
      const tool = running.at(-1);
      return tool && (tool.external ? 'tool.external' : 'slow.voice');
    },
    async run(call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
      signal.throwIfAborted();
      const tool = tools.get(call.name);
      const atMs = options.tools.clock.nowMs();
      const { how, content, quote } = await runInTime(tool, call, signal, atMs);
      if (quote !== undefined) quotes = [...quotes, quote];
      options.calls.reportCall(tool, how, options.said.at(-1)?.speakerId ?? '', atMs);
      return { content };
    },
  };
}

function createWaitingResult(name: string): ToolCallResult {
  const facts = {
    waiting: `Nothing has happened yet: ${name} has to press Show and Confirm in the chat of the channel.`,
  };
  return { how: 'asked', content: formatToolResult(facts) };
}

function toCanonicalArguments(argumentsJson: string) {
  return JSON.stringify(sortKeys(tryParseJson(argumentsJson) ?? {}));
}
