import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type { ToolEnd } from '#src/conversation/ports/session-events.ts';
import type { Quote, ToolEntry } from '#src/conversation/ports/tool-definition.ts';
import { formatRefusal, formatUnknownOutcome } from './format-tool-result.ts';

/** No call takes longer, its check included, unless its tool may. */
export const longestCallMs = 10_000;
/** From the first call of a turn on; later there is none. */
const longestTurnMs = 30_000;

/** End of a call, and its result for the model. */
export type ToolCallResult = {
  readonly how: ToolEnd;
  readonly content: string;
  /** True where nothing was changed. */
  readonly isVain?: boolean | undefined;
  readonly quote?: Quote | undefined;
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
