import type { Tool, ToolCall } from '#src/chat/ports.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import type {
  Fitting,
  ServerToolPorts,
  ToolEntry,
} from '#src/conversation/ports/tool-definition.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { formatToolResult } from '#src/conversation/tools/format-tool-result.ts';
import type { ToolCallResult } from '#src/conversation/tools/idempotent-tool-calls.ts';
import { mayRun, type ShownWords } from '#src/conversation/tools/tool-rule.ts';
import { barred, failed, refused, ToolTime } from '#src/conversation/tools/turn-tool-runner.ts';
import type { ToolResult } from '#src/pipeline/pipeline.ts';

/** What the tools of one answer in writing are used with. */
type WrittenToolParts = {
  readonly ports: ServerToolPorts;
  readonly shown: Omit<ShownWords, 'offered'>;
  readonly parts: Pick<SessionDependencies, 'clock' | 'onEvent'>;
  /** Whether all who may open a chat read the answer. */
  readonly isOpen: boolean;
  /** Whether the asker holds the right to it now. */
  readonly allows: (tool: ToolEntry, signal: AbortSignal) => Promise<boolean>;
};

const needsConfirm =
  'That needs a press of Confirm, which is only asked for in a voice channel. Nothing has happened.';
const shownToAsker = 'Only they may read that: tell them to ask with /ask.';

/** Tools of one answer in writing: those that need no channel, with the rights of the asker and the limits of a spoken answer. What changes something runs once; what has to wait for Confirm does not run. */
export class WrittenTools {
  readonly #tools: ReadonlyMap<string, ToolEntry>;
  readonly #with: WrittenToolParts;
  /** With an effect, and called. */
  readonly #used = new Set<string>();
  readonly #time = new ToolTime();
  #isPrivate = false;
  /** Whether a result so far holds words that are not the bot's own. */
  #hasOthers = false;

  constructor(all: readonly ToolEntry[], used: WrittenToolParts) {
    const usable = all.filter(({ isAnywhere }) => isAnywhere);
    this.#tools = new Map(usable.map((tool) => [tool.name, tool]));
    this.#with = used;
  }

  /** Tools that the model may call. */
  get offered(): readonly Tool[] {
    const all = [...this.#tools.values()];
    return all.map(({ name, description, parameters }) => ({ name, description, parameters }));
  }

  /** Whether a result so far is for the asker alone. */
  get isPrivate(): boolean {
    return this.#isPrivate;
  }

  /** Result of a call for the model, also of one that was refused or failed. Aborting `signal` throws `signal.reason`, at once. */
  async run(call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
    const { parts, ports } = this.#with;
    const { clock } = parts;
    const tool = this.#tools.get(call.name);
    const atMs = clock.nowMs();
    const { how, content } = await this.#inTime(tool, call, signal);
    this.#hasOthers ||= tool?.quotesOthers === true;
    const [speakerId = ''] = ports.askerIds;
    const tookMs = clock.nowMs() - atMs;
    const event = { kind: 'tool', speakerId, tool: tool?.name ?? 'unknown', how, tookMs } as const;
    parts.onEvent(ports.guildId, event);
    return { content };
  }

  async #inTime(
    tool: ToolEntry | undefined,
    call: ToolCall,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    if (!tool) return refused('There is no such tool.');
    const { parts, ports } = this.#with;
    try {
      return await this.#time.call(tool, parts.clock, signal, (work) =>
        this.#judge(tool, call, work),
      );
    } catch (error) {
      signal.throwIfAborted();
      parts.onEvent(ports.guildId, failureEventOf(error, 'think'));
      return failed(tool, error, tool.effect === 'read');
    }
  }

  async #judge(tool: ToolEntry, call: ToolCall, signal: AbortSignal): Promise<ToolCallResult> {
    const fit = tool.fit(call.argumentsJson);
    if ('unfit' in fit) return refused(`The arguments do not fit. ${fit.unfit}`);
    const { shown } = this.#with;
    const hasOthers = shown.hasOthers || this.#hasOthers;
    const all = { ...shown, hasOthers, offered: this.#tools.values() };
    if (!mayRun(fit, tool, all)) return refused(needsConfirm);
    if (fit.effect === 'read') return await this.#perform(tool, fit, signal);
    if (this.#used.has(tool.name)) return refused('Once in an answer is enough.');
    this.#used.add(tool.name);
    return await this.#perform(tool, fit, signal);
  }

  async #perform(tool: ToolEntry, fit: Fitting, signal: AbortSignal): Promise<ToolCallResult> {
    if (!fit.runAnywhere || !(await this.#with.allows(tool, signal))) return barred(tool);
    signal.throwIfAborted();
    const { facts, isPrivate = false } = await fit.runAnywhere(this.#with.ports, signal);
    if (isPrivate && this.#with.isOpen) return refused(shownToAsker);
    this.#isPrivate ||= isPrivate;
    return { how: 'ran', content: formatToolResult(facts, tool.resultChars) };
  }
}
