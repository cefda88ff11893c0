import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type { ToolEnd } from '#src/ports/session-events.ts';
import type { Quote } from '#src/voice/output/pending-answer.ts';
import { formatRefusal, formatUnknownOutcome } from './format-tool-result.ts';
import type { ToolEntry } from './tool-entry.ts';

/** No call takes longer, its check included, unless its tool may. */
export const longestCallMs = 10_000;

/** End of a call, and its result for the model. */
export type ToolCallResult = {
  readonly how: ToolEnd;
  readonly content: string;
  /** True where nothing was changed. */
  readonly isVain?: boolean | undefined;
  readonly quote?: Quote | undefined;
};

/** Result of `work` within the time of its tool; its signal ends with the call. Aborting `signal` throws `signal.reason`, at once. */
export async function inToolTime(
  { deadlineMs = longestCallMs }: ToolEntry,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<ToolCallResult>,
): Promise<ToolCallResult> {
  const over = new AbortController();
  try {
    const result = work(AbortSignal.any([signal, over.signal]));
    return await unlessAborted(
      within(result, deadlineMs, clock, () => tooLate(deadlineMs)),
      signal,
    );
  } finally {
    over.abort(new Error('the call is over'));
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
