import { within } from '#src/base/waiting.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import { sayToPerson } from '#src/conversation/output/say-to-person.ts';
import type { ConfirmOutcome } from '#src/conversation/ports/command-ports.ts';
import type { ToolEnd } from '#src/conversation/ports/session-events.ts';
import type { ToolOutcome } from '#src/conversation/ports/tool-definition.ts';
import type { ReplyFile } from '#src/conversation/ports/voice-channel-chat-poster.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import { lineWith, type TextLine } from '#src/texts/texts.ts';
import { formatRefusal, formatToolResult, formatUnknownOutcome } from './format-tool-result.ts';
import type { ConfirmationPress, PendingConfirmation } from './pending-confirmations.ts';
import { longestCallMs, tooLate } from './tool-call-results.ts';

/** Runs changes that the model asked for, once the only person who may confirm them has pressed the button. */
export class ConfirmedToolRunner {
  readonly #sessions: VoiceSessions;
  readonly #signal: AbortSignal;

  /** Aborting `signal` ends what runs. */
  constructor(sessions: VoiceSessions, signal: AbortSignal) {
    this.#sessions = sessions;
    this.#signal = signal;
  }

  /** What a press of Confirm would do, for the only person who may press. `askId` is the id that the button carries. */
  show(guildId: string, askId: string, personId: string): ShowOutcome {
    const context = this.#sessions.session(guildId)?.context;
    if (!context) return { kind: 'over' };
    const nowMs = context.parts.clock.nowMs();
    const found = context.tools.confirmations.find(askId, personId, nowMs);
    if (found.kind !== 'theirs') return found;
    const { action, presser, untilMs } = found.ask;
    const s = Math.ceil((untilMs - nowMs) / 1000);
    const line = lineWith(action.ask, { name: presser.name, s });
    return { kind: 'shown', line, files: action.files ?? [] };
  }

  /** `askId` as of `show`. Never throws. */
  async confirm(guildId: string, askId: string, personId: string): Promise<ConfirmOutcome> {
    const context = this.#sessions.session(guildId)?.context;
    if (!context) return { kind: 'over' };
    const { parts, tools } = context;
    const nowMs = parts.clock.nowMs();
    const found = tools.confirmations.find(askId, personId, nowMs);
    const id = found.kind === 'theirs' ? found.ask.confirmation : undefined;
    if (id !== undefined) return await tools.calls.pressed(id, personId, this.#signal);
    const pressed = tools.confirmations.press(askId, personId, nowMs);
    if (pressed.kind !== 'theirs') return pressed;
    return await runConfirmedCall(pressed.ask, 'pressed', context, this.#signal);
  }
}

export type ShowOutcome =
  | { readonly kind: 'shown'; readonly line: TextLine; readonly files: readonly ReplyFile[] }
  | Exclude<ConfirmationPress, { readonly kind: 'theirs' }>;

/** Means by which a call was confirmed. */
type ConfirmedBy = Extract<ToolEnd, 'pressed' | 'spoken'>;

/** Runs a call that its presser has just confirmed; who did so aloud hears the outcome. Never throws. Aborting `until` ends it. */
export async function runConfirmedCall(
  ask: PendingConfirmation,
  by: ConfirmedBy,
  context: SessionContext,
  until: AbortSignal,
): Promise<ConfirmOutcome> {
  const { channel, parts } = context;
  const { clock } = parts;
  const over = new AbortController();
  const signal = AbortSignal.any([until, over.signal]);
  try {
    const atMs = clock.nowMs();
    const work = perform(ask, by, context, signal);
    const { deadlineMs = longestCallMs } = ask.tool;
    const confirming = await within(work, deadlineMs, clock, () => tooLate(deadlineMs));
    if (confirming.kind !== 'done') ask.pressed = { content: formatRefusal(notDone) };
    report(confirming, by, ask, context, clock.nowMs() - atMs);
    if (by === 'spoken' && confirming.kind === 'barred')
      sayAloud(confirming.line, ask.askerId, context);
    return confirming;
  } catch (error) {
    ask.pressed = { content: formatUnknownOutcome(ask.tool.name, 'failed') };
    parts.onEvent(channel.guildId, failureEventOf(error, 'think'));
    if (by === 'spoken') sayAloud({ id: 'store.unread' }, ask.askerId, context);
    return { kind: 'failed' };
  } finally {
    over.abort(new Error('the press is over'));
  }
}

const notDone = 'Whoever pressed Confirm has not the right to that any more. Nothing has happened.';

/** The right is read once more: a minute is long enough to leave or to lose a role. */
async function perform(
  ask: PendingConfirmation,
  by: ConfirmedBy,
  context: SessionContext,
  signal: AbortSignal,
): Promise<ConfirmOutcome> {
  const { action, askerId, outcomeTo: to, presser, tool } = ask;
  const { tools } = context;
  const isOther = presser.id !== askerId;
  if (!(await tools.isAllowed(isOther ? 'room' : tool.right, askerId, signal))) {
    if (isOther) return { kind: 'over' }; // nothing the presser could mend
    return { kind: 'barred', line: barredLine(tool.right, context) };
  }
  if (isOther && !(await tools.isAllowed('room', presser.id, signal))) {
    return { kind: 'barred', line: barredLine('room', context) };
  }
  signal.throwIfAborted();
  const outcome = await action.run(tools.actionsFor([askerId]), signal);
  const { facts, line, aloud } = outcome;
  ask.pressed = { content: formatToolResult(facts, tool.resultChars) };
  if (by === 'spoken') reportAloud(outcome, askerId, context);
  else if (aloud && !to) sayAloud(aloud, askerId, context);
  return { kind: 'done', line, to };
}

/** A short receipt; what is longer than can be said is written, too. */
function reportAloud(
  { aloud, isPlain, line = { id: 'confirm.done' } }: ToolOutcome,
  personId: string,
  context: SessionContext,
): void {
  if (aloud && aloud.id !== line.id) context.notice(line);
  if (!isPlain) sayAloud(aloud ?? line, personId, context);
}

/** Says it without waiting for the end: the chat has it as well. */
function sayAloud(line: TextLine, personId: string, context: SessionContext): void {
  const notice = { personId, lines: () => [line], isWanted: () => true };
  void sayToPerson(notice, context);
}

function report(
  { kind }: ConfirmOutcome,
  by: ConfirmedBy,
  { askerId: speakerId, tool }: PendingConfirmation,
  { channel, parts }: SessionContext,
  tookMs: number,
): void {
  const how = kind === 'done' ? by : 'refused';
  parts.onEvent(channel.guildId, { kind: 'tool', speakerId, tool: tool.name, how, tookMs });
}

function barredLine(
  right: PendingConfirmation['tool']['right'],
  { channel }: SessionContext,
): TextLine {
  if (right === 'manage') return { id: 'perm.manage' };
  return { id: 'perm.room', with: { channel: channel.name } };
}
