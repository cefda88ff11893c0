import type { Tool, ToolCall } from '#src/chat/chat-model.ts';
import type { HistoryExchange } from '#src/conversation/machine/state.ts';
import { canRunUnasked } from '#src/conversation/machine/tool-decisions.ts';
import { isPlainName } from '#src/conversation/machine/turn-lifecycle.ts';
import type { Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { PendingConfirmation } from '#src/conversation/tools/pending-confirmations.ts';
import type { SessionTools } from '#src/conversation/tools/session-tools.ts';
import {
  createFailedResult,
  createMissingRightResult,
  createRejectedResult,
  formatToolResult,
  runInToolTime,
  type ToolCallResult,
} from '#src/conversation/tools/tool-call-results.ts';
import { toChatTools } from '#src/conversation/tools/tool-call-runner.ts';
import type {
  FittingCall,
  Presser,
  ServerToolPorts,
  ToolEntry,
} from '#src/conversation/tools/tool-entry.ts';
import type { ToolResult, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { ShownConfirmation } from '#src/ports/command-ports.ts';
import { toFailureEvent } from '#src/ports/failure-event.ts';
import { formatText } from '#src/texts/texts.ts';

type WrittenToolDeps = {
  readonly ports: ServerToolPorts;
  readonly shown: PromptWords;
  readonly deps: Deps<'clock' | 'onEvent'>;
  /** Everybody in the chat reads the answer. */
  readonly isOpen: boolean;
  readonly asker: Presser;
  /** Without a session, nothing can wait for a press. */
  readonly session: (Session & { readonly tools: SessionTools }) | undefined;
};

const needsConfirmText =
  'That needs a press of Confirm. Nothing has happened: tell them to ask again by voice, in a voice channel with you.';
const waitingText =
  'Nothing has happened yet: they have to press Show and Confirm below this answer.';
const onlyAskerText = 'Only they may read that: tell them to ask with /ask.';

/**
 * A written answer has the rights and limits of a spoken one. One call may wait for Confirm below
 * it.
 */
export class WrittenTools {
  readonly #tools: ReadonlyMap<string, ToolEntry>;
  readonly #with;
  readonly #used = new Set<string>();
  #isPrivate = false;
  #hasOthers = false;
  #waiting: Pick<PendingConfirmation, 'tool' | 'action'> | undefined;

  constructor(all: readonly ToolEntry[], used: WrittenToolDeps) {
    const { ports, session } = used;
    const settings = ports.getSettings();
    const usable = all.filter(
      ({ isAnywhere, isOffered }) =>
        isAnywhere && isOffered?.(settings, session) !== false,
    );
    this.#tools = new Map(usable.map((tool) => [tool.name, tool]));
    this.#with = used;
  }

  get offered(): readonly Tool[] {
    return toChatTools(this.#tools.values());
  }

  get isPrivate(): boolean {
    return this.#isPrivate;
  }

  async callTool(call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
    const { deps, ports } = this.#with;
    const { clock } = deps;
    const tool = this.#tools.get(call.name);
    const atMs = clock.nowMs();
    const { how, content } = await this.#callInTime(tool, call, signal);
    this.#hasOthers ||= tool?.quotesOthers === true;
    const tookMs = clock.nowMs() - atMs;
    const speakerId = this.#with.asker.id;
    const event = {
      kind: 'tool',
      speakerId,
      tool: tool?.name ?? 'unknown',
      how,
      tookMs,
    } as const;
    deps.onEvent(ports.guildId, event);
    return { content };
  }

  async #callInTime(tool: ToolEntry | undefined, call: ToolCall, signal: AbortSignal) {
    if (!tool) return createRejectedResult('There is no such tool.');
    const { deps, ports } = this.#with;
    try {
      return await runInToolTime(tool, deps.clock, signal, (work) =>
        this.#judgeCall(tool, call, work),
      );
    } catch (error) {
      signal.throwIfAborted();
      deps.onEvent(ports.guildId, toFailureEvent(error, 'think'));
      return createFailedResult(tool, error, tool.effect === 'read');
    }
  }

  async #judgeCall(
    tool: ToolEntry,
    call: ToolCall,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    const fit = tool.parseArguments(call.argumentsJson);
    if ('unfit' in fit)
      return createRejectedResult(`The arguments do not fit. ${fit.unfit}`);
    if (fit.effect !== 'read') {
      if (this.#used.has(tool.name))
        return createRejectedResult('Once in an answer is enough.');
      this.#used.add(tool.name);
    }
    return await this.#performCall(tool, fit, signal);
  }

  /** A call that needs the press of another person is refused, since nobody can be asked here. */
  async #performCall(
    tool: ToolEntry,
    fit: FittingCall,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    const { asker, isOpen, ports, session, shown } = this.#with;
    if (!(await ports.isAllowed(tool.right, asker.id, signal)))
      return createMissingRightResult(tool);
    const action = await fit.prepareAnywhere?.(ports, signal);
    if (!action) return createMissingRightResult(tool);
    if (action.kind === 'refused')
      return createRejectedResult(formatText(action.line.id, action.line.with));
    const { effect = fit.effect, presser } = action;
    const all = { ...shown, hasOthers: shown.hasOthers || this.#hasOthers };
    signal.throwIfAborted();
    if (presser || !canRunUnasked(effect, isOwnPrompt(all))) {
      if (!session || presser || this.#waiting)
        return createRejectedResult(needsConfirmText);
      const run = async (_: unknown, until: AbortSignal) =>
        await action.run(ports, until);
      this.#waiting = { tool, action: { ...action, run } };
      return { how: 'asked', content: formatToolResult({ waiting: waitingText }) };
    }
    const { facts, isPrivate = false } = await action.run(ports, signal);
    if (isPrivate && isOpen) return createRejectedResult(onlyAskerText);
    this.#isPrivate ||= isPrivate;
    return { how: 'ran', content: formatToolResult(facts, tool.resultChars) };
  }

  awaitPress(): ShownConfirmation | undefined {
    const { asker, isOpen, session } = this.#with;
    if (!this.#waiting || !session) return undefined;
    const outcomeTo = isOpen ? 'room' : 'caller';
    const call = { ...this.#waiting, asker, outcomeTo } as const;
    return session.tools.confirmations.open(call);
  }
}

/** Words that a model was shown for an answer. */
export type PromptWords = {
  readonly said: readonly Pick<TurnUtterance, 'speakerId' | 'name' | 'isQuoted'>[];
  /** `isOwn` answers were made of words of that speaker alone. */
  readonly earlier: readonly Pick<HistoryExchange, 'by' | 'isOwn'>[];
  /** There were captions, memories, a persona, or a result that quotes others. */
  readonly hasOthers: boolean;
};

/** The model saw only instructions and words of one asker. */
function isOwnPrompt({ said, earlier, hasOthers }: PromptWords) {
  const askerId = said[0]?.speakerId;
  const isAlone = said.every(
    ({ speakerId, name, isQuoted }) =>
      speakerId === askerId && isPlainName(name) && isQuoted !== true,
  );
  const isSame = earlier.every((one) => one.by === askerId && one.isOwn);
  return isAlone && isSame && !hasOthers;
}
