import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { PersonId } from '#src/base/ids.ts';
import { sortKeys, tryParseJson } from '#src/base/json.ts';
import { admitSetting } from '#src/base/logged-text.ts';
import type { Tool, ToolCall } from '#src/chat/chat-model.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { Id, ToolChange } from '#src/conversation/machine/state.ts';
import type { ToolWish } from '#src/conversation/machine/wish.ts';
import {
  getAnswerMedium,
  writePrivately,
} from '#src/conversation/mouth/answer-delivery.ts';
import type { AnswerTools, Quote } from '#src/conversation/mouth/pending-answer.ts';
import type { Session } from '#src/conversation/session.ts';
import { type Origin, Owned } from '#src/people/owned.ts';
import type { DoneCall, ToolResult, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { ConfirmOutcome } from '#src/ports/command-ports.ts';
import type { ToolFact } from '#src/ports/room-view.ts';
import { type AnyLine, fillLine, type TextLine } from '#src/texts/texts.ts';
import type { ProgressQuestion } from '#src/turn/overlap/progress-questions.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';
import {
  createSpokenQuestion,
  runConfirmedCall,
  type SpokenQuestion,
  sayReceipt,
} from './run-confirmed-call.ts';
import type { SessionTools, ToolDeps } from './session-tools.ts';
import {
  addFailureAdvice,
  createFailedResult,
  createMissingRightResult,
  createRefusedResult,
  createRejectedResult,
  formatToolResult,
  formatUnknownOutcome,
  getToolDeadlineMs,
  runWithToolDeadline,
  type ToldOutcome,
  type ToolCallResult,
  tellChange,
  toCallResult,
  toResultLine,
  withToolDeadline,
} from './tool-call-results.ts';
import type { ConfirmableAction, FittingCall, ToolEntry } from './tool-entry.ts';

/** A call that waits for the conversation's decision about it. */
type PreparedCall = {
  readonly tool: ToolEntry;
  readonly action: ConfirmableAction;
  readonly isReadOnly: boolean;
  readonly asker: TurnUtterance;
  readonly spoken: SpokenQuestion | undefined;
  /** Owner and sources of the words in the prompt that made the call. */
  readonly origin: Origin;
  /** Aborted when the call takes too long or nobody waits for it. */
  readonly signal: AbortSignal;
  readonly answerSignal: AbortSignal;
  readonly atMs: number;
  readonly result: PromiseWithResolvers<ToolCallResult>;
  /** True once no answer waits for the call, whose end then does not stop it. */
  isDetached?: boolean;
};

const runningResult: ToolCallResult = {
  how: 'known',
  content: JSON.stringify({
    result: { running: 'It is being done. Call it again only to learn its result.' },
  }),
};

const goingOnResult: ToolCallResult = {
  how: 'ran',
  content: JSON.stringify({
    result: {
      running:
        'It takes longer. They are told the result by itself once it is there. Say in one short sentence that you will tell them then, and do not call it again.',
    },
  }),
};

/** Performs the conversation's effects on tool calls, and keeps their results. */
export class ToolCallRunner {
  readonly #session: Session;
  readonly #deps: ToolDeps;
  readonly #tools: SessionTools;
  readonly #preparedCalls = new Map<string, PreparedCall>();
  readonly #runs = new Map<Id, AbortController>();
  readonly #results = new Map<string, ToolCallResult>();
  #serial = 0;

  constructor(session: Session, deps: ToolDeps, tools: SessionTools) {
    this.#session = session;
    this.#deps = deps;
    this.#tools = tools;
  }

  /** Returns the result by its key, or a result that says that the call still runs. */
  getResult(key: string | undefined): ToolCallResult {
    return this.#results.get(key ?? '') ?? runningResult;
  }

  /** Does the work of a call, and shows on the page that it runs and how it ended. */
  async showCall<Result>(
    tool: Pick<ToolEntry, 'name'> | undefined,
    work: () => Promise<Result>,
    getEnd: (result: Result) => ToolCallResult['how'],
  ): Promise<Result> {
    const { roomView } = this.#deps;
    if (!roomView || !tool) return await work();
    const id = crypto.randomUUID();
    const show = (state: ToolFact['state']) =>
      roomView.show({ kind: 'tool', id, tool: admitSetting(tool.name), state });
    show('running');
    let end: ToolFact['state'] = 'stopped';
    try {
      const result = await work();
      end = getEnd(result);
      return result;
    } finally {
      show(end);
    }
  }

  /**
   * Asks the conversation to decide about a call, and resolves with its result. Throws the reason of `call.signal`, and
   * BotError `discord.*` if the button of a confirmation could not be posted.
   */
  async requestCall(
    call: Omit<PreparedCall, 'result'>,
    answer: Id,
    args: string,
    fit: FittingCall,
  ): Promise<ToolCallResult> {
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

  /** Runs a call, after a confirmation if it has one. Posts `returned`, unless the run is stopped before. */
  runCall({ call, confirmation, run, wish }: EffectOf<'run'>): void {
    const stop = new AbortController();
    this.#runs.set(run, stop);
    const pending = this.#tools.confirmations.findByNumber(confirmation);
    const { signal: callerSignal } = pending?.press ?? this.#session;
    const signal = AbortSignal.any([callerSignal, stop.signal]);
    const prepared = call && this.#preparedCalls.get(call.callId);
    const work = pending
      ? this.#runConfirmed(pending, signal)
      : this.#runPrepared(prepared, wish, signal);
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

  /** Stops a run that nobody waits for. The call may have happened already. */
  stopRun(run: Id): void {
    this.#runs.get(run)?.abort(new Error('the call is not wanted any more'));
  }

  /** Gives a waiting call the result that the conversation has decided on. */
  deliverResult(effect: EffectOf<'result'>): void {
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
      case 'goes-on':
        prepared.isDetached = true;
        result.resolve(goingOnResult);
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

  /** Tells the result of a call for which no answer waits: aloud to its asker at the next pause, and in the chat. */
  tellResult({ by, question, resultId }: EffectOf<'tell-result'>): void {
    const { late } = this.getResult(resultId);
    if (!late) return;
    const { loop, notices, voiceChannel } = this.#session;
    const name = voiceChannel.getName(by);
    const isPrivate = getAnswerMedium(by, voiceChannel) === 'private';
    const told = isPrivate
      ? undefined
      : late.findForPlace(voiceChannel.channel.channelId);
    if (!told) {
      const text = late.map(({ line = { id: 'confirm.done' } }) =>
        notices.formatWrittenText(line),
      );
      void writePrivately({ id: by, name }, text, this.#session);
      return;
    }
    sayReceipt(told, by, this.#session, (heard) =>
      loop.post({ kind: 'exchanged', by, name, words: question, heard }),
    );
  }

  /** Describes the work that runs now, for the person who asks about it. */
  describeProgress(question: ProgressQuestion | 'stop'): readonly TextLine[] {
    if (question === 'stop') return [{ id: 'tool.stopped' }];
    const run = this.#session.loop.state.tools.runs.at(-1);
    if (!run) return [{ id: 'tool.idle' }];
    const tool = this.#tools.listOfferedTools().find(({ name }) => name === run.tool);
    const step: TextLine = tool?.step ?? { id: 'slow.voice' };
    const s = Math.ceil((this.#deps.clock.nowMs() - run.fromMs) / 1_000);
    const line: TextLine = { id: 'tool.since', with: { s } };
    return question === 'doing' ? [step, line] : [line, this.#describeEnd(tool, s)];
  }

  #describeEnd(tool: ToolEntry | undefined, s: number): TextLine {
    const lastS = Math.ceil(getToolDeadlineMs(tool) / 1_000);
    return { id: 'tool.until', with: { s: Math.max(1, lastS - s) } };
  }

  /** Posts a button for a call, and lets the bot ask aloud if the effect says so. */
  askConfirmation({
    call,
    confirmation,
    isAloud,
    presser: presserId,
  }: EffectOf<'ask'>): void {
    const { loop, voiceChannel, signal } = this.#session;
    const { confirmations } = this.#tools;
    const prepared = this.#preparedCalls.get(call.callId);
    if (!prepared) return;
    const { action, origin, spoken, tool } = prepared;
    const { owner, sources } = origin;
    const asker = { id: prepared.asker.speakerId, name: prepared.asker.name };
    const presser = presserId === asker.id ? asker : action.presser;
    const ownedAction = new Owned(action, owner, sources);
    const opened = confirmations.open({
      tool,
      action: ownedAction,
      asker,
      presser,
      confirmation,
    });
    const offer = this.#findOpenOffer(prepared, opened.s);
    const spokenQuestion = isAloud ? spoken : undefined;
    const quote = spokenQuestion && {
      text: ownedAction.map(() => spokenQuestion.words),
    };
    const spokenLine = spokenQuestion && ownedAction.map(() => spokenQuestion.line);
    const result = createWaitingResult(toResultLine(presser?.name ?? ''));
    const [line, buttons] = offer
      ? [ownedAction.map(() => offer), [opened.confirmButton, opened.declineButton]]
      : [spokenLine ?? opened.line, [opened.button]];
    this.#deps.messages.offerButtons(voiceChannel.channel, line, buttons, signal).then(
      () => prepared.result.resolve({ ...result, quote }),
      (error: unknown) => {
        loop.post({ kind: 'ask-failed', confirmation });
        prepared.result.reject(error);
      },
    );
  }

  /** Finds the words of an offer that may stand in the chat. Undefined for people whose words are not written there. */
  #findOpenOffer({ action, asker }: PreparedCall, s: number): AnyLine | undefined {
    const { consent, voiceChannel } = this.#session;
    const { speakerId, name } = asker;
    const isPrivate =
      consent.isLeftOut(speakerId) ||
      getAnswerMedium(speakerId, voiceChannel) === 'private';
    if (!action.offer || isPrivate) return undefined;
    return fillLine(action.offer, { name: toResultLine(name), s });
  }

  /** Closes a confirmation. Its button does nothing any more. */
  closeConfirmation(confirmation: Id): void {
    const { confirmations } = this.#tools;
    confirmations.remove(confirmations.findByNumber(confirmation));
  }

  /** Ends an offer after a press of No, so that neither Confirm nor a spoken yes takes it any more. */
  declineCall(pending: PendingConfirmation): void {
    const { action, confirmation, presser } = pending;
    // Nothing of the call leaves here, so that no reader is asked about.
    action.map(({ decline }) => decline?.());
    this.#tools.confirmations.remove(pending);
    if (confirmation !== undefined)
      this.#session.loop.post({ kind: 'declined', confirmation, by: presser.id });
  }

  /** Runs a call after a press of its button. Never throws. Aborting `signal` ends the call. */
  async confirmCall(
    pending: PendingConfirmation,
    signal: AbortSignal,
  ): Promise<ConfirmOutcome> {
    const { promise, resolve } = Promise.withResolvers<ConfirmOutcome>();
    pending.press = { done: resolve, signal };
    const { confirmation, presser } = pending;
    if (confirmation === undefined) void this.#runConfirmed(pending, signal);
    else this.#session.loop.post({ kind: 'pressed', confirmation, by: presser.id });
    return await promise;
  }

  #keepResult(result: ToolCallResult) {
    const usedKeys = this.#session.loop.state.turns.flatMap(({ changes }) =>
      changes.map((change) => change.resultId),
    );
    for (const key of this.#results.keys())
      if (!usedKeys.includes(key)) this.#results.delete(key);
    const key = `r${++this.#serial}`;
    this.#results.set(key, result);
    return key;
  }

  async #runPrepared(
    prepared: PreparedCall | undefined,
    wish: ToolWish,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    if (!prepared) return createRejectedResult('There is no such call.');
    const { action, answerSignal, asker, atMs, isReadOnly, origin, tool } = prepared;
    const toLate = (told: ToldOutcome) => new Owned(told, origin.owner, origin.sources);
    const end = new AbortController();
    const runSignal = AbortSignal.any([signal, end.signal]);
    const onCallOver = () => {
      if (isReadOnly && !prepared.isDetached) end.abort(prepared.signal.reason);
    };
    prepared.signal.addEventListener('abort', onCallOver, { signal: end.signal });
    if (prepared.signal.aborted) onCallOver();
    const runAction = async () => {
      const ports = this.#tools.createPorts(asker.speakerId);
      const outcome = await action.run(wish, ports, runSignal);
      const told = tellChange(outcome, wish, this.#session);
      return { ...toCallResult(outcome, tool), late: toLate(outcome), told };
    };
    try {
      const work = waitUnlessAborted(runAction(), runSignal);
      const result = await withToolDeadline(tool, this.#deps.clock, work);
      if (answerSignal.aborted)
        this.reportCall(tool, result.how, asker.speakerId, atMs);
      return result;
    } catch (error) {
      const isLate = prepared.signal.aborted && !answerSignal.aborted;
      if (!runSignal.aborted && !isLate) {
        const failed = this.reportFailedCall(tool, error, isReadOnly);
        return { ...failed, late: toLate({ line: failed.failure }) };
      }
      return { how: 'failed', content: formatUnknownOutcome(tool.name, 'was stopped') };
    } finally {
      end.abort(new Error('the call is over'));
    }
  }

  async #runConfirmed(
    pending: PendingConfirmation,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    this.#tools.confirmations.remove(pending);
    const { content, outcome } = await this.showCall(
      pending.tool,
      () => runConfirmedCall(pending, this.#session, this.#tools, this.#deps, signal),
      ({ outcome: { kind } }) => (kind === 'completed' ? 'pressed' : 'refused'),
    );
    pending.press?.done(outcome);
    return { how: 'known', content, hasChangedNothing: outcome.kind !== 'completed' };
  }

  /** Reports a failed call, and returns its result for the model. `isUnchanged`: the call has surely changed nothing. */
  reportFailedCall(
    tool: ToolEntry,
    error: unknown,
    isUnchanged: boolean,
  ): ToolCallResult {
    this.#session.notices.reportFailure(error, 'think');
    return createFailedResult(tool, error, isUnchanged);
  }

  /** Reports how a call ended. Its duration counts from `atMs`. */
  reportCall(
    tool: ToolEntry | undefined,
    end: ToolCallResult['how'],
    speakerId: PersonId,
    atMs: number,
  ): void {
    this.#session.notices.reportEvent({
      kind: 'tool',
      speakerId,
      tool: admitSetting(tool?.name ?? 'unknown'),
      how: end,
      tookMs: this.#deps.clock.nowMs() - atMs,
    });
  }
}

/** Converts tools to those that a chat model is offered. */
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
  readonly askerId: PersonId;
  readonly utterances: readonly TurnUtterance[];
  readonly changes: readonly ToolChange[];
  readonly origin: Origin;
};

/** A call on its way to the conversation, with both of its signals. */
type RequestedCall = {
  readonly tool: ToolEntry;
  readonly call: ToolCall;
  /** Aborted when the call takes too long or its answer ends. */
  readonly signal: AbortSignal;
  readonly answerSignal: AbortSignal;
  readonly atMs: number;
};

/**
 * The tool calls of one answer. A call is refused here unless its tool was offered, its arguments fit, and every asker
 * holds the right.
 */
export class AnswerCalls implements AnswerTools {
  readonly #options: AnswerCallsOptions;
  readonly #offeredTools: ReadonlyMap<string, ToolEntry>;
  #runningTools: readonly ToolEntry[] = [];
  #quotes: readonly Quote[] = [];
  #told: readonly string[] = [];
  #failures: readonly TextLine[] = [];

  constructor(options: AnswerCallsOptions) {
    this.#options = options;
    this.#offeredTools = new Map(
      options.tools.listOfferedTools().map((tool) => [tool.name, tool]),
    );
  }

  /** Changes that earlier answers to the same words have made, as calls with their results. */
  get doneCalls(): readonly DoneCall[] {
    const { calls, changes } = this.#options;
    return changes.map(({ args, resultId, tool }, n) => ({
      // Nine letters and digits, as Mistral wants them.
      call: { id: `done${`${n}`.padStart(5, '0')}`, name: tool, argumentsJson: args },
      content: calls.getResult(resultId).content,
      lines: calls.getResult(resultId).lines,
    }));
  }

  /** Tests whether the chat was told of a change in just these words, also for an earlier answer to the same question. */
  isTold(text: string): boolean {
    const { calls, changes } = this.#options;
    const earlier = changes.map(({ resultId }) => calls.getResult(resultId).told);
    return [...this.#told, ...earlier].includes(text);
  }

  /** Tools that the model may call, fixed when the answer began. */
  get offered(): readonly Tool[] {
    return toChatTools(this.#offeredTools.values());
  }

  /** Quotations of all calls, joined. They replace the rest of the answer. Undefined without one. */
  get quote(): Quote | undefined {
    const quotes = this.#quotes;
    if (quotes.length === 0) return undefined;
    return {
      text: Owned.join(
        quotes.map(({ text }) => text),
        '\n',
      ),
      onHeard: () => quotes.forEach((quote) => void quote.onHeard?.()),
    };
  }

  /** Text for people that wait for the newest call that still runs. Undefined if none runs. */
  get runningStep(): TextLine | undefined {
    const tool = this.#runningTools.at(-1);
    return tool && (tool.step ?? { id: 'slow.voice' });
  }

  /** Takes the failures that people have not been told of. */
  takeFailures(): readonly TextLine[] {
    const failures = this.#failures;
    this.#failures = [];
    return failures;
  }

  /** Runs a call, or refuses it in words for the model. Throws only the reason of `signal`. */
  async run(call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
    signal.throwIfAborted();
    const { askerId, calls, tools } = this.#options;
    const tool = this.#offeredTools.get(call.name);
    const atMs = tools.clock.nowMs();
    const result = await calls.showCall(
      tool,
      async () =>
        tool
          ? await this.#runInTime(tool, call, signal, atMs)
          : createRejectedResult('There is no such tool.'),
      ({ how }) => how,
    );
    if (result.quote !== undefined) this.#quotes = [...this.#quotes, result.quote];
    if (result.told !== undefined) this.#told = [...this.#told, result.told];
    if (result.failure) this.#failures = [...this.#failures, result.failure];
    calls.reportCall(tool, result.how, askerId, atMs);
    const { content, failure, lines } = result;
    return { content: failure ? addFailureAdvice(content) : content, lines };
  }

  async #runInTime(
    tool: ToolEntry,
    call: ToolCall,
    answerSignal: AbortSignal,
    atMs: number,
  ) {
    const { calls, tools } = this.#options;
    this.#runningTools = [...this.#runningTools, tool];
    try {
      return await runWithToolDeadline(tool, tools.clock, answerSignal, (signal) =>
        this.#prepareCall({ tool, call, signal, answerSignal, atMs }),
      );
    } catch (error) {
      answerSignal.throwIfAborted();
      return calls.reportFailedCall(tool, error, tool.effect === 'read');
    } finally {
      const index = this.#runningTools.indexOf(tool);
      this.#runningTools = this.#runningTools.filter((_, n) => n !== index);
    }
  }

  async #prepareCall({ call, tool, ...requested }: RequestedCall) {
    const { signal } = requested;
    const fit = tool.parseArguments(call.argumentsJson);
    if ('unfit' in fit)
      return createRejectedResult(`The arguments do not fit. ${fit.unfit}`);
    const { answer, calls, origin, tools, utterances } = this.#options;
    const asker = utterances.at(-1);
    if (!asker || !(await tools.isAllowed(tool.right, asker.speakerId, signal)))
      return createMissingRightResult(tool);
    signal.throwIfAborted();
    const action = await fit.prepare(tools.createPorts(asker.speakerId), signal);
    if (action.kind === 'refused') return createRefusedResult(action.line);
    const isReadOnly = fit.effect === 'read';
    const spoken = isReadOnly ? undefined : this.#createSpokenQuestion(action, asker);
    const { kind: _, ...confirmable } = action;
    return await calls.requestCall(
      { ...requested, tool, action: confirmable, isReadOnly, asker, spoken, origin },
      answer,
      toCanonicalArguments(call.argumentsJson),
      fit,
    );
  }

  /** Creates the question that may be asked aloud. Words of others ask for no change. */
  #createSpokenQuestion(action: ConfirmableAction, asker: TurnUtterance) {
    const { session, utterances } = this.#options;
    const isQuoting = utterances.some(({ isQuoted }) => isQuoted);
    return isQuoting ? undefined : createSpokenQuestion(action, asker, session);
  }
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
