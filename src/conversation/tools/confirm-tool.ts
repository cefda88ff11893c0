import { within } from '#src/base/waiting.ts';
import { failureOf } from '#src/conversation/alerts/failure.ts';
import type { SessionContext } from '#src/conversation/context.ts';
import { sayToPerson } from '#src/conversation/output/say-to-person.ts';
import type { ConfirmOutcome } from '#src/conversation/ports/command-ports.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';
import { longestCallMs, tooLate } from './run-tools.ts';
import { asData, refusal, uncertain } from './tool-result.ts';

/** Runs changes that the model asked for, once the only person who may confirm them has pressed the button. */
export class ToolConfirmations {
  readonly #sessions: VoiceSessions;
  readonly #signal: AbortSignal;

  /** Aborting `signal` ends what runs. */
  constructor(sessions: VoiceSessions, signal: AbortSignal) {
    this.#sessions = sessions;
    this.#signal = signal;
  }

  /** `askId` is the id that the button carries. Never throws. */
  async confirm(guildId: string, askId: string, personId: string): Promise<ConfirmOutcome> {
    const context = this.#sessions.session(guildId)?.context;
    if (!context) return { kind: 'over' };
    const { parts, tools } = context;
    const pressed = tools.confirmations.press(askId, personId, parts.clock.nowMs());
    if (pressed.kind !== 'theirs') return pressed;
    const over = new AbortController();
    const signal = AbortSignal.any([this.#signal, over.signal]);
    try {
      const { clock } = parts;
      const atMs = clock.nowMs();
      const work = perform(pressed.ask, context, signal);
      const { deadlineMs = longestCallMs } = pressed.ask.tool;
      const confirming = await within(work, deadlineMs, clock, () => tooLate(deadlineMs));
      if (confirming.kind !== 'done') pressed.ask.pressed = { content: refusal(notDone) };
      report(confirming, pressed.ask, context, clock.nowMs() - atMs);
      return confirming;
    } catch (error) {
      pressed.ask.pressed = { content: uncertain(pressed.ask.tool.name, 'failed') };
      parts.onEvent(guildId, failureOf(error, 'think'));
      return { kind: 'failed' };
    } finally {
      over.abort(new Error('the press is over'));
    }
  }
}

const notDone = 'Whoever pressed Confirm has not the right to that any more. Nothing has happened.';

/** The right is read once more: a minute is long enough to leave or to lose a role. */
async function perform(
  ask: PendingConfirmation,
  context: SessionContext,
  signal: AbortSignal,
): Promise<ConfirmOutcome> {
  const { action, askerId, presser, tool } = ask;
  const { tools } = context;
  const isOther = presser.id !== askerId;
  if (!(await tools.isAllowed(tool.right, askerId, signal))) {
    if (isOther) return { kind: 'over' }; // nothing the presser could mend
    return { kind: 'barred', line: barredLine(tool.right, context) };
  }
  if (isOther && !(await tools.isAllowed('room', presser.id, signal))) {
    return { kind: 'barred', line: barredLine('room', context) };
  }
  signal.throwIfAborted();
  const { facts, line, aloud } = await action.run(tools.actionsFor([askerId]), signal);
  ask.pressed = { content: asData(facts, tool.resultChars) };
  if (aloud) sayAloud(aloud, askerId, context);
  return { kind: 'done', ...(line && { line }) };
}

/** Says it without waiting for the end: the chat has it as well. */
function sayAloud(line: TextLine, personId: string, context: SessionContext): void {
  const notice = { personId, lines: () => [line], isWanted: () => true };
  void sayToPerson(notice, context);
}

function report(
  { kind }: ConfirmOutcome,
  { askerId: speakerId, tool }: PendingConfirmation,
  { channel, parts }: SessionContext,
  tookMs: number,
): void {
  const how = kind === 'done' ? 'pressed' : 'refused';
  parts.onEvent(channel.guildId, { kind: 'tool', speakerId, tool: tool.name, how, tookMs });
}

function barredLine(
  right: PendingConfirmation['tool']['right'],
  { channel }: SessionContext,
): TextLine {
  if (right === 'manage') return { id: 'perm.manage' };
  return { id: 'perm.room', with: { channel: channel.name } };
}
