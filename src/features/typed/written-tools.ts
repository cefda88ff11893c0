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
import { checkIntent } from '#src/conversation/tools/intent-check.ts';
import {
  barred,
  failed,
  notOwnWords,
  refused,
  ToolTime,
} from '#src/conversation/tools/turn-tool-runner.ts';
import type { ToolResult, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Reservation } from '#src/spending/reservation.ts';

/** What the tools of one answer in writing are used with. */
type WrittenToolParts = {
  readonly ports: ServerToolPorts;
  readonly said: readonly TurnUtterance[];
  readonly parts: Pick<SessionDependencies, 'chat' | 'clock' | 'onEvent'>;
  /** Whether all who may open a chat read the answer. */
  readonly isOpen: boolean;
  /** Whether the asker holds the right to it now. */
  readonly allows: (tool: ToolEntry, signal: AbortSignal) => Promise<boolean>;
};

const needsConfirm =
  'That needs a press of Confirm, which is only asked for in a voice channel. Nothing has happened.';
const shownToAsker = 'Only they may read that: tell them to ask with /ask.';

/** Tools of one answer in writing: those that need no channel, with the rights of the asker and the limits of a spoken answer. What changes something runs once, by the asker's own words; there is no button. */
export class WrittenTools {
  readonly #tools: ReadonlyMap<string, ToolEntry>;
  readonly #with: WrittenToolParts;
  /** With an effect, and called. */
  readonly #used = new Set<string>();
  readonly #time = new ToolTime();
  #isPrivate = false;

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

  /** Result of a call for the model, also of one that was refused or failed. The answer pays. Aborting `signal` throws `signal.reason`, at once. */
  async run(call: ToolCall, reservation: Reservation, signal: AbortSignal): Promise<ToolResult> {
    const { parts, ports } = this.#with;
    const { clock } = parts;
    const tool = this.#tools.get(call.name);
    const atMs = clock.nowMs();
    const { how, content } = await this.#inTime(tool, call, reservation, signal);
    const [speakerId = ''] = ports.askerIds;
    const tookMs = clock.nowMs() - atMs;
    const event = { kind: 'tool', speakerId, tool: tool?.name ?? 'unknown', how, tookMs } as const;
    parts.onEvent(ports.guildId, event);
    return { content };
  }

  async #inTime(
    tool: ToolEntry | undefined,
    call: ToolCall,
    reservation: Reservation,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    if (!tool) return refused('There is no such tool.');
    const { parts, ports } = this.#with;
    try {
      return await this.#time.call(tool, parts.clock, signal, (work) =>
        this.#judge(tool, call, reservation, work),
      );
    } catch (error) {
      signal.throwIfAborted();
      parts.onEvent(ports.guildId, failureEventOf(error, 'think'));
      return failed(tool, error, tool.effect === 'none');
    }
  }

  async #judge(
    tool: ToolEntry,
    call: ToolCall,
    reservation: Reservation,
    signal: AbortSignal,
  ): Promise<ToolCallResult> {
    const fit = tool.fit(call.argumentsJson);
    if ('unfit' in fit) return refused(`The arguments do not fit. ${fit.unfit}`);
    if (tool.isDestructive) return refused(needsConfirm);
    if (tool.effect === 'none') return await this.#perform(tool, fit, signal);
    if (this.#used.has(tool.name)) return refused('Once in an answer is enough.');
    this.#used.add(tool.name);
    const { parts, said } = this.#with;
    const own = await checkIntent(tool, said, parts.chat.paidBy(reservation), signal);
    return own ? await this.#perform(tool, own, signal) : refused(notOwnWords);
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
