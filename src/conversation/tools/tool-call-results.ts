import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { tryParseJson } from '#src/base/json.ts';
import type { ToolWish } from '#src/conversation/machine/wish.ts';
import type { Quote } from '#src/conversation/mouth/pending-answer.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { Owned } from '#src/people/owned.ts';
import type { ToolEnd } from '#src/ports/session-events.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';
import type { Facts, ToolEntry, ToolOutcome } from './tool-entry.ts';

/** Longest call with its check, unless its tool may take longer. */
const maxCallMs = 10_000;

/** Sentences of an outcome, for the chat and to be said. */
export type ToldOutcome = Pick<ToolOutcome, 'line' | 'spokenLine'>;

/** The result of a call, as the model reads it. */
export type ToolCallResult = {
  readonly how: ToolEnd;
  readonly content: string;
  readonly hasChangedNothing?: boolean;
  readonly quote?: Quote;
  /** Sentences for people, for a model that cannot write its own. */
  readonly lines?: readonly TextLine[] | undefined;
  /** Says that the call failed, and why. */
  readonly failure?: TextLine | undefined;
  /** Sentences to tell where no answer waits any more. */
  readonly late?: Owned<ToldOutcome> | undefined;
  /** Words in which the chat of the channel was told of the change. */
  readonly told?: string | undefined;
};

/** Runs `work` until the deadline of its tool. Aborting `signal` throws `signal.reason` at once. */
export async function runWithToolDeadline(
  tool: Pick<ToolEntry, 'external'>,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<ToolCallResult>,
): Promise<ToolCallResult> {
  const end = new AbortController();
  try {
    const result = work(AbortSignal.any([signal, end.signal]));
    return await waitUnlessAborted(withToolDeadline(tool, clock, result), signal);
  } finally {
    end.abort(new Error('the call is over'));
  }
}

/** Gets the longest time, in ms, that a call may take. */
export function getToolDeadlineMs(
  tool: Pick<ToolEntry, 'external'> | undefined,
): number {
  return tool?.external?.deadlineMs ?? maxCallMs;
}

/** Waits for `work` until the deadline of its tool, which throws BotError `tool.late`. */
export function withToolDeadline<T>(
  { external }: Pick<ToolEntry, 'external'>,
  clock: Clock,
  work: Promise<T>,
): Promise<T> {
  const ms = getToolDeadlineMs({ external });
  return withTimeout(
    work,
    ms,
    clock,
    () => new BotError('tool.late', true, `A tool took longer than ${ms / 1000} s.`),
  );
}

/**
 * Tells everybody in the channel what a call has changed that ran without Confirm. Returns the written words. Undefined
 * where there was nothing to tell.
 */
export function tellChange(
  outcome: ToolOutcome,
  wish: ToolWish,
  session: { readonly notices: ChannelNotices; readonly voiceChannel: SessionChannel },
): string | undefined {
  const { hasChangedNothing, line } = outcome;
  if (wish.effect !== 'change' || hasChangedNothing || outcome.isTold || !line)
    return undefined;
  return tellRoom(line, session);
}

/** Writes a line into the chat of the channel at once, also between notices, and returns its words. */
export function tellRoom(
  line: TextLine,
  {
    notices,
    voiceChannel,
  }: { readonly notices: ChannelNotices; readonly voiceChannel: SessionChannel },
): string {
  const { channelId } = voiceChannel.channel;
  const text = notices.formatWrittenText(line);
  notices.writeWords(new Owned(text, { channelId }));
  return text;
}

/** Creates the result of a failed call. `isUnchanged`: the call has surely changed nothing. */
export function createFailedResult(
  tool: Pick<ToolEntry, 'name' | 'step'>,
  error: unknown,
  isUnchanged: boolean,
): ToolCallResult {
  const { name } = tool;
  const reason = `failed (${error instanceof BotError ? error.code : 'bug'})`;
  return {
    how: 'failed',
    content: isUnchanged
      ? formatRefusal(`${name} ${reason}.`)
      : formatUnknownOutcome(name, reason),
    failure: toToolFailureLine(tool, error),
  };
}

/** The words of failures of tools of others. Any other failure is a plain one. */
const failureIds = {
  'tool.late': 'tool.failed.late',
  'tool.unreachable': 'tool.failed.away',
  'tool.crashed': 'tool.failed.away',
} as const;

function toToolFailureLine(
  { step }: Pick<ToolEntry, 'step'>,
  error: unknown,
): TextLine {
  const { tool }: Record<string, unknown> = { ...step?.with };
  const code = error instanceof BotError ? error.code : undefined;
  if (typeof tool !== 'string') return { id: 'store.unread' };
  const id = Object.entries(failureIds).find(([each]) => each === code)?.[1];
  return { id: id ?? 'tool.failed', with: { tool } };
}

/** Converts the outcome of a call to its result. */
export function toCallResult(
  outcome: ToolOutcome,
  { external }: Pick<ToolEntry, 'external'>,
): ToolCallResult {
  const { failure, facts, hasChangedNothing, quote } = outcome;
  const content = formatToolResult(facts, external?.resultChars);
  const lines = listResultLines(outcome);
  return {
    how: 'ran',
    content,
    hasChangedNothing: hasChangedNothing === true,
    failure,
    lines,
    quote,
  };
}

/** Tells the model that people hear of a failure before its next words. */
export function addFailureAdvice(content: string): string {
  const heard = 'They hear first that it failed and why. Do not say that again.';
  return JSON.stringify({ ...Object(tryParseJson(content)), heard });
}

/** Creates the result of a call that did not run, for a reason in words for the model. */
export function createRejectedResult(reason: string): ToolCallResult {
  return { how: 'refused', content: formatRefusal(reason) };
}

/** Creates the result of a call that was refused with a sentence for people. */
export function createRefusedResult(line: TextLine): ToolCallResult {
  return { ...createRejectedResult(formatText(line.id, line.with)), lines: [line] };
}

/** Lists the sentences for people that a result has. Undefined if none. */
export function listResultLines({
  line,
  lines = line && [line],
}: ToolOutcome): readonly TextLine[] | undefined {
  return lines;
}

/** Creates the result of a call whose asker lacks the right. */
export function createMissingRightResult({
  right,
}: Pick<ToolEntry, 'right'>): ToolCallResult {
  return createRejectedResult(
    `Whoever asks has not the right to that (${right}). Nothing has happened.`,
  );
}

/**
 * Longest name of a person, in characters. [Discord's own
 * limit](https://docs.discord.com/developers/resources/user#usernames-and-nicknames) is 32.
 */
const maxNameChars = 64;
/** Default of what the model reads of one result. */
const maxResultChars = 2_000;

/** Control characters, changes of writing direction, tags, and spaces without width. */
const unseenCharacters = /[\p{Cc}\p{Cf}\u2028\u2029\u{e0000}-\u{e007f}]+/gu;

/**
 * Formats facts of a tool for a model, as one JSON object whose values do not pass for words of a person.
 *
 * @example
 * import { formatToolResult } from '#src/conversation/tools/tool-call-results.ts';
 *
 * formatToolResult({ said: 'Rain\nfrom noon on' }); // '{"result":{"said":"Rain from noon on"}}'
 */
export function formatToolResult(
  facts: Facts,
  maxChars: number = maxResultChars,
): string {
  const entries = Object.entries(facts).map(([key, value]) => [
    key,
    sanitizeValue(value, maxChars),
  ]);
  const whole = JSON.stringify({ result: Object.fromEntries(entries) });
  if (whole.length <= maxChars) return whole;
  return JSON.stringify({ result: whole.slice(0, maxChars / 2), isCut: true });
}

/** Formats the reason for the model why a call has done nothing. */
export function formatRefusal(reason: string): string {
  return JSON.stringify({ error: toResultLine(reason, maxResultChars / 4) });
}

/** Formats the result of a call that may have happened, and is not to be repeated. */
export function formatUnknownOutcome(name: string, reason: string): string {
  const advice = 'It may have happened all the same: say so, and do not try again.';
  return formatRefusal(`${name} ${reason}. ${advice}`);
}

/** Puts a text on one line of a result, cut and without characters that nobody sees. */
export function toResultLine(text: string, maxChars: number = maxNameChars): string {
  return text
    .replace(unseenCharacters, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, maxChars)
    .toWellFormed();
}

function sanitizeValue(value: Facts[string], maxChars: number) {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return toResultLine(value, maxChars);
  return value.map((text) => toResultLine(text));
}
