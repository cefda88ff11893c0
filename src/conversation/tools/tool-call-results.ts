import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { ShownConfirmation } from '#src/conversation/ports/command-ports.ts';
import type { ToolEnd } from '#src/conversation/ports/session-events.ts';
import type { Quote, ToolEntry } from '#src/conversation/ports/tool-definition.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import { formatRefusal, formatUnknownOutcome, onOneLine } from './format-tool-result.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';
import { readableName } from './spoken-confirmation.ts';

/** No call takes longer, its check included, unless its tool may. */
export const longestCallMs = 10_000;
/** From the first call of a turn on; later there is none. */
const longestTurnMs = 30_000;

/** End of a call, and its result for the model. */
export type ToolCallResult = {
  readonly how: ToolEnd;
  readonly content: string;
  readonly isPlain?: boolean;
  /** True where nothing was changed. */
  readonly isVain?: boolean;
  readonly quote?: Quote;
};

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

/** Time, in ms, after which a button does nothing any more. */
const openMs = 60_000;
/** Name of the press behind the button; the id of the call follows. */
const pressName = 'tool.show';

type RequestedAction = Pick<PendingConfirmation, 'tool' | 'action' | 'spoken' | 'outcomeTo'> & {
  readonly asker: Pick<TurnUtterance, 'speakerId' | 'name'>;
};

/** A call that waits for its press from now on, unless it does so already, and what everybody may read of it. */
export function awaitPress(
  { asker, ...requested }: RequestedAction,
  { parts: { clock }, tools: { confirmations } }: SessionContext,
  confirmation?: Id,
): ShownConfirmation & { readonly ask: PendingConfirmation } {
  const { action, tool } = requested;
  const { id, name } = action.presser ?? { id: asker.speakerId, name: asker.name };
  const made: PendingConfirmation = {
    ...requested,
    confirmation,
    id: crypto.randomUUID(),
    askerId: asker.speakerId,
    presser: { id, name: onOneLine(name) },
    untilMs: clock.nowMs() + openMs,
  };
  const ask = confirmations.put(made, clock.nowMs());
  const words = { by: onOneLine(asker.name), name: made.presser.name, s: openMs / 1000 };
  const line = { id: 'tool.ask', with: { ...words, tool: readableName(tool) } } as const;
  return { ask, button: `${pressName}:${ask.id}`, line };
}
