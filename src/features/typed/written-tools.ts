import { admitSetting } from '#src/base/logged-text.ts';
import type { Tool, ToolCall } from '#src/chat/chat-model.ts';
import type { HistoryExchange } from '#src/conversation/machine/state.ts';
import { isPlainName } from '#src/conversation/machine/turn-lifecycle.ts';
import { findToolWish } from '#src/conversation/machine/wish.ts';
import type { NamedPerson, Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { PendingConfirmation } from '#src/conversation/tools/pending-confirmations.ts';
import type { SessionTools } from '#src/conversation/tools/session-tools.ts';
import {
  createFailedResult,
  createMissingRightResult,
  createRefusedResult,
  createRejectedResult,
  formatToolResult,
  listResultLines,
  runWithToolDeadline,
  type ToolCallResult,
  tellChange,
} from '#src/conversation/tools/tool-call-results.ts';
import { toChatTools } from '#src/conversation/tools/tool-call-runner.ts';
import type {
  ConfirmableAction,
  FittingCall,
  ServerToolPorts,
  ToolEntry,
} from '#src/conversation/tools/tool-entry.ts';
import {
  joinSources,
  type Origin,
  Owned,
  type Owner,
  type Sources,
  toPrivateOwner,
} from '#src/people/owned.ts';
import type { ToolResult, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { ShownConfirmation } from '#src/ports/command-ports.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';

type WrittenToolDeps = {
  readonly ports: ServerToolPorts;
  readonly prompt: PromptWords;
  /** Owner and sources of the words in the prompt. */
  readonly origin: Origin;
  /** Sources of words of others that a tool may quote. */
  readonly quotable: Sources;
  readonly deps: Deps<'clock' | 'onEvent'>;
  /** Everybody in the chat reads the answer. */
  readonly isOpen: boolean;
  readonly asker: NamedPerson;
  /** Without a session, nothing can wait for a press. */
  readonly session: (Session & { readonly tools: SessionTools }) | undefined;
};

const needsConfirmText =
  'That needs a press of Confirm. Nothing has happened: tell them to ask again by voice, in a voice channel with you.';
const waitingText =
  'Nothing has happened yet: they have to press Show and Confirm below this answer.';
const onlyAskerText = 'Only they may read that: tell them to ask with /ask.';

/** Tools of one written answer, with the rights and limits of a spoken answer. */
export class WrittenTools {
  /** Tools as the model is told of them. */
  readonly offered: readonly Tool[];
  readonly #deps: WrittenToolDeps;
  readonly #tools: readonly ToolEntry[];
  readonly #usedNames = new Set<string>();
  #isPrivate = false;
  #quotedOwner: Owner = 'given';
  #hasQuoted = false;
  #told: readonly string[] = [];
  #pending: Pick<PendingConfirmation, 'tool' | 'action'> | undefined;

  /** Creates the tools of an answer, of which it gets those that work without a channel. */
  constructor(tools: readonly ToolEntry[], deps: WrittenToolDeps) {
    const { getValue } = deps.ports.getSettings();
    this.#deps = deps;
    this.#tools = tools.filter(
      ({ isAnywhere, isOffered, needsSession }) =>
        isAnywhere &&
        (deps.session !== undefined || !needsSession) &&
        isOffered?.(getValue, deps.session) !== false,
    );
    this.offered = toChatTools(this.#tools);
  }

  /** Owner of the answer: that of the prompt and of what a tool quoted, for the asker alone after a private result. */
  get owner(): Owner {
    const { asker, origin } = this.#deps;
    const owner = origin.owner === 'given' ? this.#quotedOwner : origin.owner;
    return this.#isPrivate ? toPrivateOwner(asker.id, owner) : owner;
  }

  /** Sources of the answer: those of the prompt, and of what a tool quoted. */
  get sources(): Sources {
    const { origin, quotable } = this.#deps;
    return this.#hasQuoted ? joinSources([origin.sources, quotable]) : origin.sources;
  }

  /** Runs a tool, or tells the model the reason against it. Reports each call. */
  async callTool(call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
    const { asker, deps, ports } = this.#deps;
    const { clock, onEvent } = deps;
    const tool = this.#tools.find(({ name }) => name === call.name);
    const atMs = clock.nowMs();
    const { how, content, lines } = await this.#callInTime(tool, call, signal);
    this.#hasQuoted ||= tool?.quotesOthers === true;
    onEvent(ports.guildId, {
      kind: 'tool',
      speakerId: asker.id,
      tool: admitSetting(tool?.name ?? 'unknown'),
      how,
      tookMs: clock.nowMs() - atMs,
    });
    return { content, lines };
  }

  /** Tests whether the chat of the bot's channel was told of a change in just these words. */
  isTold(text: string): boolean {
    return this.#told.includes(text);
  }

  /**
   * Opens the confirmation that a call waits for. Undefined if no call waits. Called
   * once, after the answer.
   */
  openConfirmation(): ShownConfirmation | undefined {
    const { asker, isOpen, session } = this.#deps;
    if (!this.#pending || !session) return undefined;
    const outcomeTo = isOpen ? 'room' : 'caller';
    return session.tools.confirmations.open({ ...this.#pending, asker, outcomeTo });
  }

  async #callInTime(tool: ToolEntry | undefined, call: ToolCall, signal: AbortSignal) {
    const { deps, ports } = this.#deps;
    const { clock, onEvent } = deps;
    if (!tool) return createRejectedResult('There is no such tool.');
    try {
      return await runWithToolDeadline(tool, clock, signal, (work) =>
        this.#judgeCall(tool, call, work),
      );
    } catch (error) {
      signal.throwIfAborted();
      onEvent(ports.guildId, toFailureEvent(error, 'think'));
      return createFailedResult(tool, error, tool.effect === 'read');
    }
  }

  async #judgeCall(tool: ToolEntry, call: ToolCall, signal: AbortSignal) {
    const fit = tool.parseArguments(call.argumentsJson);
    if ('unfit' in fit)
      return createRejectedResult(`The arguments do not fit. ${fit.unfit}`);
    if (fit.effect !== 'read') {
      if (this.#usedNames.has(tool.name))
        return createRejectedResult('Once in an answer is enough.');
      this.#usedNames.add(tool.name);
    }
    return await this.#performCall(tool, fit, signal);
  }

  /** Performs a call. One that needs another person's press is refused. */
  async #performCall(
    tool: ToolEntry,
    fit: FittingCall,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    const { asker, isOpen, ports, prompt, session } = this.#deps;
    if (!(await ports.isAllowed(tool.right, asker.id, signal)))
      return createMissingRightResult(tool);
    const action = await fit.prepareAnywhere?.(ports, signal);
    if (!action) return createMissingRightResult(tool);
    if (action.kind === 'refused') return createRefusedResult(action.line);
    const { effect = fit.effect, presser } = action;
    signal.throwIfAborted();
    const isOwn = isOwnPrompt({
      ...prompt,
      hasOthers: prompt.hasOthers || this.#hasQuoted,
    });
    const wish = findToolWish(effect, isOwn ? 'own' : 'of others');
    if (presser || !wish) return this.#awaitConfirm(tool, action);
    const outcome = await action.run(wish, ports, signal);
    const told = session && tellChange(outcome, wish, session);
    if (told !== undefined) this.#told = [...this.#told, told];
    if (outcome.isPrivate && isOpen) return createRejectedResult(onlyAskerText);
    this.#isPrivate ||= outcome.isPrivate === true;
    this.#quotedOwner = outcome.quote?.text.owner ?? this.#quotedOwner;
    const content = formatToolResult(outcome.facts, tool.external?.resultChars);
    return { how: 'ran', content, lines: listResultLines(outcome) };
  }

  #awaitConfirm(
    tool: ToolEntry,
    action: ConfirmableAction<ServerToolPorts>,
  ): ToolCallResult {
    const { ports, session } = this.#deps;
    if (!session || action.presser || this.#pending)
      return createRejectedResult(needsConfirmText);
    const confirmable: ConfirmableAction = {
      ...action,
      run: (wish, _, until) => action.run(wish, ports, until),
    };
    this.#pending = { tool, action: new Owned(confirmable, this.owner, this.sources) };
    return { how: 'asked', content: formatToolResult({ waiting: waitingText }) };
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

/** Tests whether a prompt has only instructions and words of one asker. */
function isOwnPrompt({ said, earlier, hasOthers }: PromptWords) {
  const askerId = said[0]?.speakerId;
  const isAlone = said.every(
    ({ speakerId, name, isQuoted }) =>
      speakerId === askerId && isPlainName(name) && isQuoted !== true,
  );
  const isSame = earlier.every(({ by, isOwn }) => by === askerId && isOwn);
  return isAlone && isSame && !hasOthers;
}
