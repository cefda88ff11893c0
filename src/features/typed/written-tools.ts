import { BotError } from '#src/base/errors.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type { Tool, ToolCall } from '#src/chat/ports.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import type { ServerToolPorts, ToolEntry } from '#src/conversation/ports/tool-definition.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { formatRefusal, formatToolResult } from '#src/conversation/tools/format-tool-result.ts';
import type { ToolCallResult } from '#src/conversation/tools/idempotent-tool-calls.ts';
import { barred, refused, ToolTime, tooLate } from '#src/conversation/tools/turn-tool-runner.ts';
import type { ToolResult } from '#src/pipeline/pipeline.ts';

/** What the tools of one answer in writing are used with. */
type WrittenToolParts = {
  readonly ports: ServerToolPorts;
  readonly parts: Pick<SessionDependencies, 'clock' | 'onEvent'>;
  /** Whether all who may open a chat read the answer. */
  readonly isOpen: boolean;
  /** Whether the asker holds the right to it now. */
  readonly allows: (tool: ToolEntry, signal: AbortSignal) => Promise<boolean>;
};

const shownToAsker = 'Only they may read that: tell them to ask with /ask.';

/** Tools of one answer in writing: those that need no channel and change nothing, with the rights of the asker and the limits of a spoken answer. */
export class WrittenTools {
  readonly #tools: ReadonlyMap<string, ToolEntry>;
  readonly #with: WrittenToolParts;
  readonly #time = new ToolTime();
  #isPrivate = false;

  constructor(all: readonly ToolEntry[], used: WrittenToolParts) {
    const usable = all.filter(({ effect, isAnywhere }) => isAnywhere && effect === 'none');
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
    const leftMs = this.#time.leftMs(tool, parts.clock.nowMs());
    if (leftMs <= 0) return refused('There is no time left for tools: answer now.');
    const over = new AbortController();
    try {
      const work = this.#perform(tool, call, AbortSignal.any([signal, over.signal]));
      const late = () => tooLate(leftMs);
      return await unlessAborted(within(work, leftMs, parts.clock, late), signal);
    } catch (error) {
      signal.throwIfAborted();
      parts.onEvent(ports.guildId, failureEventOf(error, 'think'));
      const code = error instanceof BotError ? error.code : 'bug';
      return { how: 'failed', content: formatRefusal(`${tool.name} failed (${code}).`) };
    } finally {
      over.abort(new Error('the call is over'));
    }
  }

  async #perform(tool: ToolEntry, call: ToolCall, signal: AbortSignal): Promise<ToolCallResult> {
    const fit = tool.fit(call.argumentsJson);
    if ('unfit' in fit) return refused(`The arguments do not fit. ${fit.unfit}`);
    if (!fit.runAnywhere || !(await this.#with.allows(tool, signal))) return barred(tool);
    signal.throwIfAborted();
    const { facts, isPrivate = false } = await fit.runAnywhere(this.#with.ports, signal);
    if (isPrivate && this.#with.isOpen) return refused(shownToAsker);
    this.#isPrivate ||= isPrivate;
    return { how: 'ran', content: formatToolResult(facts, tool.resultChars) };
  }
}
