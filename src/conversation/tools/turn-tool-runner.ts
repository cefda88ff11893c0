import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type { Tool, ToolCall } from '#src/chat/ports.ts';
import { reportMissedDeadline } from '#src/conversation/alerts/answer-deadline-watchdog.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import type { ShownConfirmation } from '#src/conversation/ports/command-ports.ts';
import type {
  ConfirmableAction,
  Facts,
  Fitting,
  Quote,
  ToolEntry,
} from '#src/conversation/ports/tool-definition.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { ConfidentialText, openText } from '#src/people/confidential-text.ts';
import type { DoneCall, ToolResult, TurnUtterance } from '#src/pipeline/pipeline.ts';
import { type PlainTextId, text } from '#src/texts/texts.ts';
import {
  formatRefusal,
  formatToolResult,
  formatUnknownOutcome,
  onOneLine,
} from './format-tool-result.ts';
import type { IdempotentToolCall, ToolCallResult } from './idempotent-tool-calls.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';
import { readableName, spokenConfirmationQuestion } from './spoken-confirmation.ts';
import { isOwn, mayRun, type PromptWords } from './tool-rule.ts';

/** No call takes longer, its check included, unless its tool may. */
export const longestCallMs = 10_000;
/** From the first call of a turn on; later there is none. */
const longestTurnMs = 30_000;

/** One call of a tool. `work` is aborted when the call is over, `answer` with the answer alone. */
type RunningCall = {
  readonly tool: ToolEntry;
  readonly call: ToolCall;
  readonly work: AbortSignal;
  readonly answer: AbortSignal;
};

/**
 * The tools of one turn, with the rights of the people whose packets asked, whatever any text says.
 *
 * A call runs only if the tool was offered, its arguments fit, every asker holds the right at that moment, and `mayRun` allows it
 * or the asker presses a button. A tool with an effect runs once for a question, however often that is asked anew: the same call
 * gets its result.
 */
export class TurnToolRunner {
  readonly #context: SessionContext;
  readonly #said: readonly TurnUtterance[];
  readonly #tools: ReadonlyMap<string, ToolEntry>;
  /** With an effect, and called in this turn. */
  readonly #used = new Set<string>();
  readonly #time = new ToolTime();
  #running: readonly ToolEntry[] = [];
  /** Whether each call so far shows its effect by itself. */
  #plain: readonly boolean[];
  /** Made for this question by answers before. */
  readonly #done: readonly IdempotentToolCall[];
  #quotes: readonly Quote[] = [];
  /** Whether a call of this answer is asked about aloud. */
  #isAskedAloud = false;
  readonly #earlier: PromptWords['earlier'];
  #hasOthers: boolean;

  /** `shown`: what the model is shown beside the question. */
  constructor(
    said: readonly TurnUtterance[],
    context: SessionContext,
    shown: Pick<PromptWords, 'earlier' | 'hasOthers'>,
  ) {
    this.#context = context;
    this.#earlier = shown.earlier;
    this.#said = said;
    this.#tools = new Map(context.tools.offered().map((tool) => [tool.name, tool]));
    const nowMs = context.parts.clock.nowMs();
    const stands = ({ button }: IdempotentToolCall) =>
      !button || context.tools.confirmations.waits(button, nowMs);
    this.#done = context.tools.effects.madeFor(said).filter(stands);
    this.#plain = this.#done.filter((one) => one.covers(said)).map(({ isPlain }) => isPlain);
    const isQuoting = ({ call }: IdempotentToolCall) => this.#tools.get(call.name)?.quotesOthers;
    this.#hasOthers = shown.hasOthers || this.#done.some(isQuoting);
  }

  /** Whether the model has been shown words of one asker alone. */
  get isOwn(): boolean {
    return isOwn(this.#shown);
  }

  get #shown(): PromptWords {
    const [said, earlier, hasOthers] = [this.#said, this.#earlier, this.#hasOthers];
    return { said, earlier, hasOthers };
  }

  /** Calls already made for this question, as the model is shown them. */
  get done(): readonly DoneCall[] {
    return this.#done.map(({ done }) => done);
  }

  /** Tools that the model may call. */
  get offered(): readonly Tool[] {
    const all = [...this.#tools.values()];
    return all.map(({ name, description, parameters }) => ({ name, description, parameters }));
  }

  /** All that was asked for was done, and shows by itself. */
  get isDone(): boolean {
    const isOver = this.#running.length === 0;
    return isOver && this.#plain.length > 0 && this.#plain.every(Boolean);
  }

  /** Words in place of the rest of the answer. */
  get quote(): Quote | undefined {
    if (this.#quotes.length === 0) return undefined;
    const texts = this.#quotes.map(({ text }) => text);
    const onHeard = () => this.#quotes.forEach((one) => void one.onHeard?.());
    return { text: ConfidentialText.joined(texts, '\n'), onHeard };
  }

  /** Current step, in words for people. */
  get step(): PlainTextId | undefined {
    return this.#running.at(-1)?.doing;
  }

  /** Result of a call for the model, also of one that was refused or failed. Aborting `signal` throws `signal.reason`, at once. */
  async run(call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
    signal.throwIfAborted();
    const tool = this.#tools.get(call.name);
    const atMs = this.#context.parts.clock.nowMs();
    const { how, content, isPlain = false, quote } = await this.#inTime(tool, call, signal);
    this.#hasOthers ||= tool?.quotesOthers === true;
    this.#plain = [...this.#plain, isPlain];
    if (quote !== undefined) this.#quotes = [...this.#quotes, quote];
    this.#report(tool, how, atMs);
    return { content };
  }

  async #inTime(
    tool: ToolEntry | undefined,
    call: ToolCall,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    if (!tool) return refused('There is no such tool.');
    try {
      return await this.#time.call(tool, this.#context.parts.clock, signal, (work) => {
        this.#running = [...this.#running, tool];
        return this.#judge({ tool, call, work, answer: signal });
      });
    } catch (error) {
      signal.throwIfAborted();
      return this.#failed(tool, error, this.#context.tools.effects.madeFor(this.#said));
    } finally {
      this.#running = without(this.#running, tool);
    }
  }

  async #judge(one: RunningCall): Promise<ToolCallResult> {
    const { tool, call, work } = one;
    const fit = tool.fit(call.argumentsJson);
    if ('unfit' in fit) return refused(`The arguments do not fit. ${fit.unfit}`);
    if (fit.effect === 'read') return await this.#perform(one, fit, work);
    if (this.#used.has(tool.name)) return refused('Once in an answer is enough.');
    const former = this.#former(call);
    if (former?.answers(call, this.#said))
      return { ...(await unlessAborted(former.result(), work)), how: 'known' };
    this.#used.add(tool.name);
    return await this.#perform(one, fit, work, former !== undefined);
  }

  /** Prepares and performs a call; where it has to wait, or waits for another person in any case, they are asked. */
  async #perform(
    one: RunningCall,
    fit: Fitting,
    signal: AbortSignal,
    isAgain = false,
  ): Promise<ToolCallResult> {
    const { tool } = one;
    if (!(await this.#allows(tool, signal))) return barred(tool);
    const ports = this.#context.tools.actionsFor(this.#askers);
    const action = await fit.prepare(ports, signal);
    if (action.kind === 'refused') return refused(text(action.line.id, action.line.with));
    const { effect = fit.effect } = action;
    const mustAsk = (isAgain && effect !== 'change') || !mayRun({ effect }, this.#shown);
    if (mustAsk || action.presser) return await this.#ask(one, fit, action, mustAsk);
    const run = async (until: AbortSignal): Promise<ToolCallResult> => {
      until.throwIfAborted();
      const outcome = await action.run(ports, until);
      const { facts, isPlain = false, isVain = false, quote } = outcome;
      const content = formatToolResult(facts, tool.resultChars);
      return { how: 'ran', content, isPlain, isVain, quote };
    };
    return fit.effect === 'read' ? await run(signal) : await this.#once(one, run);
  }

  get #askers(): readonly string[] {
    return [...new Set(this.#said.map(({ speakerId }) => speakerId))];
  }

  /** The least right of all who asked. */
  async #allows({ right }: ToolEntry, signal: AbortSignal): Promise<boolean> {
    const askers = this.#askers;
    for (const id of askers) {
      if (!(await this.#context.tools.isAllowed(right, id, signal))) return false;
    }
    signal.throwIfAborted();
    return askers.length > 0;
  }

  async #ask(
    one: RunningCall,
    fitting: Fitting,
    action: ConfirmableAction,
    mustAsk: boolean,
  ): Promise<ToolCallResult> {
    const { tool } = one;
    const asker = this.#said.at(-1);
    if (!asker) return barred(tool);
    const context = this.#context;
    const { presser, ...rest } = action;
    const spoken = presser ? undefined : this.#spokenQuestion(one, fitting, asker);
    const theirs = presser && { tool, asker, action: { ...action, ask: presser.ask }, spoken };
    const own = { tool, asker, action: rest, spoken };
    const both = theirs && {
      ...own,
      action: {
        ...rest,
        run: async (_: unknown, until: AbortSignal) =>
          await requestConfirmation(theirs, context, until),
      },
    };
    const requested = (mustAsk ? both : theirs) ?? own;
    return await this.#once(one, async (signal, effect) => {
      const { ask, facts } = await requestConfirmation(requested, context, signal);
      effect.button = ask;
      const quote = spoken && askedAloud(spoken, ask, context);
      return { how: 'asked', content: formatToolResult(facts), ...(quote && { quote }) };
    });
  }

  /**
   * The question that is asked aloud beside the button, so that a yes confirms the call: only for the first call of an answer, so that
   * it holds nothing that the model has read since the question, and for none that destroys.
   */
  #spokenQuestion(
    { tool }: RunningCall,
    { effect, given }: Fitting,
    asker: TurnUtterance,
  ): string | undefined {
    const isFirst = this.#plain.length === 0 && this.#done.length === 0 && !this.#isAskedAloud;
    const isQuoting = this.#said.some(({ isQuoted }) => isQuoted);
    const isAlone = this.#askers.length === 1;
    if (!given || !isFirst || isQuoting || !isAlone || effect === 'destroy') return undefined;
    const question = spokenConfirmationQuestion({ tool, given, asker }, this.#context);
    this.#isAskedAloud = question !== undefined;
    return question;
  }

  /** The latest call of this tool for these words; one whose button is not pressed has done nothing, and gives way to another. */
  #former(call: ToolCall): IdempotentToolCall | undefined {
    const { parts, tools } = this.#context;
    const { confirmations, effects } = tools;
    const made = effects.madeFor(this.#said);
    const former = made.findLast((one) => one.call.name === call.name);
    const button = former?.button;
    if (!former || !button) return former;
    const waits = confirmations.waits(button, parts.clock.nowMs());
    if (waits && former.answers(call, this.#said)) return former;
    confirmations.remove(button);
    effects.forget(former);
    return this.#former(call);
  }

  /** Performs a call that cannot be undone; its end is reported also where the answer is over by then. */
  async #once(
    { tool, call, work, answer }: RunningCall,
    perform: (signal: AbortSignal, effect: IdempotentToolCall) => Promise<ToolCallResult>,
  ): Promise<ToolCallResult> {
    work.throwIfAborted();
    const { deadlineMs: longestMs = longestCallMs, name } = tool;
    const atMs = this.#context.parts.clock.nowMs();
    const runAndReport = async (signal: AbortSignal, effect: IdempotentToolCall) => {
      const result = await perform(signal, effect);
      if (answer.aborted) this.#report(tool, result.how, atMs);
      return result;
    };
    const failed = (error: unknown, effect: IdempotentToolCall): ToolCallResult => {
      const isReported = error === undefined || (work.aborted && !answer.aborted);
      if (!isReported) return this.#failed(tool, error, [effect]);
      return { how: 'failed', content: formatUnknownOutcome(name, 'was stopped') };
    };
    const late = () => tooLate(longestMs);
    const effect = { call, said: this.#said, longestMs, perform: runAndReport, failed, late };
    return await this.#context.tools.effects.run(effect, answer);
  }

  /** `made` are calls with an effect that it may be one of. */
  #failed(tool: ToolEntry, error: unknown, made: readonly IdempotentToolCall[]): ToolCallResult {
    const { channel, parts } = this.#context;
    parts.onEvent(channel.guildId, failureEventOf(error, 'think'));
    if (error instanceof BotError) reportMissedDeadline(error, this.#context);
    const isKnown = made.every(({ call }) => call.name !== tool.name);
    return failed(tool, error, isKnown);
  }

  /** Reports a call; a name that a model made up is not reported. */
  #report(tool: ToolEntry | undefined, how: ToolCallResult['how'], atMs: number): void {
    const { channel, parts } = this.#context;
    const { speakerId = '' } = this.#said.at(-1) ?? {};
    const tookMs = parts.clock.nowMs() - atMs;
    const event = { kind: 'tool', speakerId, tool: tool?.name ?? 'unknown', how, tookMs } as const;
    parts.onEvent(channel.guildId, event);
  }
}

/** Time that the tools of one answer may take. */
export class ToolTime {
  /** Slow ones that were called. */
  readonly #slow = new Set<string>();
  #deadlineMs: number | undefined;

  /** Time for a call that begins now. A tool that may take longer than a turn may has its own time, once. */
  #leftMs({ deadlineMs = longestCallMs, name }: ToolEntry, nowMs: number): number {
    this.#deadlineMs ??= nowMs + longestTurnMs;
    const turnMs = this.#deadlineMs - nowMs;
    if (deadlineMs <= longestTurnMs) return Math.min(deadlineMs, turnMs);
    if (this.#slow.has(name)) return 0;
    this.#slow.add(name);
    return deadlineMs;
  }

  /** Result of `work` within that time; its signal ends with the call. Aborting `signal` throws `signal.reason`, at once. */
  async call(
    tool: ToolEntry,
    clock: Clock,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<ToolCallResult>,
  ): Promise<ToolCallResult> {
    const leftMs = this.#leftMs(tool, clock.nowMs());
    if (leftMs <= 0) return refused('There is no time left for tools: answer now.');
    const over = new AbortController();
    try {
      const result = work(AbortSignal.any([signal, over.signal]));
      return await unlessAborted(
        within(result, leftMs, clock, () => tooLate(leftMs)),
        signal,
      );
    } finally {
      over.abort(new Error('the call is over'));
    }
  }
}

/** Result of a call that failed. `isKnown`: it has surely changed nothing. */
export function failed({ name }: ToolEntry, error: unknown, isKnown: boolean): ToolCallResult {
  const why = `failed (${error instanceof BotError ? error.code : 'bug'})`;
  return {
    how: 'failed',
    content: isKnown ? formatRefusal(`${name} ${why}.`) : formatUnknownOutcome(name, why),
  };
}

export function refused(why: string): ToolCallResult {
  return { how: 'refused', content: formatRefusal(why) };
}

export function barred({ right }: ToolEntry): ToolCallResult {
  return refused(`Whoever asks has not the right to that (${right}). Nothing has happened.`);
}

export function tooLate(ms: number): BotError {
  return new BotError('tool.late', true, `A tool took longer than ${ms / 1000} s.`);
}

function without<T>(all: readonly T[], one: T): readonly T[] {
  const at = all.indexOf(one);
  return all.filter((_, n) => n !== at);
}

/** The question, said in place of the rest of the answer; once it was heard to its end, a yes takes the place of a press. */
function askedAloud(
  question: string,
  ask: PendingConfirmation,
  { parts: { clock }, tools: { confirmations, spoken } }: SessionContext,
): Quote {
  const onHeard = () => {
    const nowMs = clock.nowMs();
    if (confirmations.waits(ask, nowMs)) spoken.open(ask, nowMs);
  };
  return { text: openText(question), onHeard };
}

/** Time, in ms, after which a button does nothing any more. */
const openMs = 60_000;
/** Name of the press behind the button; the id of the call follows. */
const pressName = 'tool.show';

type RequestedAction = Pick<PendingConfirmation, 'tool' | 'action' | 'spoken' | 'outcomeTo'> & {
  readonly asker: Pick<TurnUtterance, 'speakerId' | 'name'>;
};

/** The button that was asked for, and the facts that the model gets meanwhile. */
type RequestedConfirmation = { readonly ask: PendingConfirmation; readonly facts: Facts };

/**
 * Asks in the chat of the channel for a press of Show and Confirm, which only its presser can do: the asker, unless the action names
 * another person. What would be done is read there by nobody.
 *
 * Errors: as `VoiceChannelChatPoster.offer`. Aborting `signal` throws `signal.reason`; nothing waits then.
 */
async function requestConfirmation(
  requested: RequestedAction,
  context: SessionContext,
  signal: AbortSignal,
): Promise<RequestedConfirmation> {
  const { channel, parts, tools } = context;
  const { ask, button, isNew, line } = awaitPress(requested, context);
  const { name } = ask.presser;
  const facts = {
    waiting: `Nothing has happened yet: ${name} has to press Show and Confirm in the chat of the channel.`,
  };
  if (!isNew) return { ask, facts };
  try {
    await parts.messages.offer(channel, line, [button], signal);
    signal.throwIfAborted();
  } catch (error) {
    tools.confirmations.remove(ask);
    throw error;
  }
  return { ask, facts };
}

/** A call that waits for its press from now on, unless it does so already, and what everybody may read of it. */
export function awaitPress(
  { asker, ...requested }: RequestedAction,
  { parts: { clock }, tools: { confirmations } }: SessionContext,
): ShownConfirmation & { readonly ask: PendingConfirmation; readonly isNew: boolean } {
  const { action, tool } = requested;
  const { id, name } = action.presser ?? { id: asker.speakerId, name: asker.name };
  const made: PendingConfirmation = {
    ...requested,
    id: crypto.randomUUID(),
    askerId: asker.speakerId,
    presser: { id, name: onOneLine(name) },
    untilMs: clock.nowMs() + openMs,
  };
  const ask = confirmations.put(made, clock.nowMs());
  const words = { by: onOneLine(asker.name), name: made.presser.name, s: openMs / 1000 };
  const line = { id: 'tool.ask', with: { ...words, tool: readableName(tool) } } as const;
  return { ask, button: `${pressName}:${ask.id}`, isNew: ask === made, line };
}
