import { findAddresses } from '#src/base/addresses/addresses.ts';
import type { PersonId } from '#src/base/ids.ts';
import { admitSetting } from '#src/base/logged-text.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import { findToolWish } from '#src/conversation/machine/wish.ts';
import { getSpokenName } from '#src/conversation/mouth/answer-delivery.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import {
  type SpeakingSession,
  sayToPerson,
} from '#src/conversation/mouth/say-to-people.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { Right } from '#src/people/rights.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { ConfirmOutcome, Places } from '#src/ports/command-ports.ts';
import { toJoinRoomLine } from '#src/ports/join-room-line.ts';
import {
  fillLine,
  type TextLine,
  type TextValue,
  type WordsLine,
} from '#src/texts/texts.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';
import type { SessionTools, ToolDeps } from './session-tools.ts';
import {
  formatRefusal,
  formatToolResult,
  formatUnknownOutcome,
  toResultLine,
  withToolDeadline,
} from './tool-call-results.ts';
import type { ConfirmableAction, ToolOutcome } from './tool-entry.ts';

type ConfirmedCall = { readonly outcome: ConfirmOutcome; readonly content: string };

/** Runs a tool call that a person has confirmed. After a spoken yes, the bot also says the outcome. Never throws. */
export async function runConfirmedCall(
  pending: PendingConfirmation,
  session: SpeakingSession,
  tools: SessionTools,
  deps: Omit<ToolDeps, 'messages'>,
  callerSignal: AbortSignal,
): Promise<ConfirmedCall> {
  const isSpoken = pending.confirmation !== undefined && pending.press === undefined;
  const end = new AbortController();
  const signal = AbortSignal.any([callerSignal, end.signal]);
  try {
    const confirmed = await performInTime(
      pending,
      isSpoken,
      session,
      tools,
      deps,
      signal,
    );
    const { outcome } = confirmed;
    if (isSpoken && outcome.kind === 'barred')
      sayOutcome(outcome.line, pending.asker.id, session);
    return confirmed;
  } catch (error) {
    // A call that was taken back is no failure.
    if (!callerSignal.aborted) {
      session.notices.reportFailure(error, 'think');
      if (isSpoken) sayOutcome({ id: 'store.unread' }, pending.asker.id, session);
    }
    return {
      outcome: { kind: 'failed' },
      content: formatUnknownOutcome(pending.tool.name, 'failed'),
    };
  } finally {
    end.abort(new Error('the press is over'));
  }
}

/** Performs a call until its deadline, and reports how it ended. */
async function performInTime(
  pending: PendingConfirmation,
  isSpoken: boolean,
  session: SpeakingSession,
  tools: SessionTools,
  { clock, places }: Omit<ToolDeps, 'messages'>,
  signal: AbortSignal,
) {
  const atMs = clock.nowMs();
  const work = performConfirmedCall(pending, isSpoken, session, tools, places, signal);
  const confirmed = await withToolDeadline(pending.tool, clock, work);
  const ranEnd = isSpoken ? 'spoken' : 'pressed';
  session.notices.reportEvent({
    kind: 'tool',
    speakerId: pending.asker.id,
    tool: admitSetting(pending.tool.name),
    how: confirmed.outcome.kind === 'completed' ? ranEnd : 'refused',
    tookMs: clock.nowMs() - atMs,
  });
  return confirmed;
}

const rightLostText =
  'Whoever pressed Confirm has not the right to that any more. Nothing has happened.';

const goneText =
  'The words behind the call were erased, or whoever pressed Confirm may not know them. Nothing has happened.';

async function performConfirmedCall(
  pending: PendingConfirmation,
  isSpoken: boolean,
  session: SpeakingSession,
  tools: SessionTools,
  places: Places,
  signal: AbortSignal,
): Promise<ConfirmedCall> {
  const { asker, presser, tool } = pending;
  const action = await pending.action.findForPerson(presser.id, (channelId) =>
    session.notices.mayTellPerson(presser.id, channelId),
  );
  if (!action) return { outcome: { kind: 'over' }, content: formatRefusal(goneText) };
  // The right is checked again: within a minute a person may lose a role.
  const createBarredOutcome = (right: Right, personId: PersonId) => ({
    kind: 'barred' as const,
    line:
      right === 'manage'
        ? ({ id: 'perm.manage' } as const)
        : toJoinRoomLine(session.voiceChannel.channel, personId, places),
  });
  const isOther = presser.id !== asker.id;
  const content = formatRefusal(rightLostText);
  if (!(await tools.isAllowed(isOther ? 'room' : tool.right, asker.id, signal))) {
    if (isOther) return { outcome: { kind: 'over' }, content }; // The presser could mend nothing.
    return { outcome: createBarredOutcome(tool.right, asker.id), content };
  }
  if (isOther && !(await tools.isAllowed('room', presser.id, signal)))
    return { outcome: createBarredOutcome('room', presser.id), content };
  signal.throwIfAborted();
  const wish = findToolWish(action.effect ?? tool.effect, 'confirmed');
  const outcome = await action.run(wish, tools.createPorts(asker.id), signal);
  return tellConfirmedOutcome(pending, outcome, isSpoken, session);
}

/** Says the outcome where it was asked for aloud, and returns it for the chat and the model. */
function tellConfirmedOutcome(
  { asker, outcomeTo: to, tool }: PendingConfirmation,
  outcome: ToolOutcome,
  isSpoken: boolean,
  session: SpeakingSession,
): ConfirmedCall {
  const { spokenLine, facts, hasChangedNothing, line: chatLine } = outcome;
  const result = formatToolResult(facts, tool.external?.resultChars);
  if (hasChangedNothing)
    return { outcome: { kind: 'barred', line: outcome.line }, content: result };
  if (isSpoken) sayReceipt(outcome, asker.id, session);
  else if (spokenLine && !to) sayOutcome(spokenLine, asker.id, session);
  return { outcome: { kind: 'completed', line: chatLine, to }, content: result };
}

/** Says an outcome at the next pause, and writes what is longer than that. `onHeard` gets the words that were heard. */
export function sayReceipt(
  {
    spokenLine,
    line: chatLine = { id: 'confirm.done' },
  }: Pick<ToolOutcome, 'line' | 'spokenLine'>,
  personId: PersonId,
  session: SpeakingSession,
  onHeard?: (words: string) => void,
): void {
  if (spokenLine && spokenLine.id !== chatLine.id) session.notices.post(chatLine);
  sayOutcome(spokenLine ?? chatLine, personId, session, onHeard);
}

function sayOutcome(
  outcomeLine: TextLine,
  personId: PersonId,
  session: SpeakingSession,
  onHeard?: (words: string) => void,
) {
  // Nobody waits for the end, as the chat has the words as well.
  const notice = { personId, lines: () => [outcomeLine], isWanted: () => true };
  const { notices, voiceChannel } = session;
  void sayToPerson(notice, session).then((wasHeard) => {
    const language = voiceChannel.languages.find(personId);
    if (wasHeard) onHeard?.(notices.formatSpokenText(outcomeLine, language));
  });
}

/** Longest spoken question, since nobody keeps a longer one in mind. */
const maxQuestionChars = 200;

/** A question to answer by voice: its spoken words, and its line in the chat. */
export type SpokenQuestion = { readonly words: string; readonly line: WordsLine };

/** Creates a question to answer by voice. Undefined where it is too long, or cannot be heard as it is. */
export function createSpokenQuestion(
  {
    question,
    spokenQuestion = question,
  }: Pick<ConfirmableAction, 'question' | 'spokenQuestion'>,
  { speakerId, name }: Pick<TurnUtterance, 'name' | 'speakerId'>,
  {
    notices,
    voiceChannel,
    mouth,
  }: {
    readonly notices: ChannelNotices;
    readonly voiceChannel: SessionChannel;
    readonly mouth: Mouth;
  },
): SpokenQuestion | undefined {
  const isSayable = Object.values(spokenQuestion.with ?? {}).every(isSayableValue);
  if (mouth.mix.tracks.isAudible || !isSayable) return undefined;
  const calledName = getSpokenName({ id: speakerId, name }, voiceChannel) || name;
  const questionLine = fillLine(spokenQuestion, { name: toResultLine(calledName) });
  const language = voiceChannel.languages.find(speakerId);
  const spokenText = notices.formatSpokenText(
    toSpokenQuestionLine(notices.formatSpokenText(questionLine, language)),
    language,
  );
  if (spokenText.length > maxQuestionChars) return undefined;
  return {
    words: spokenText,
    line: toSpokenQuestionLine(notices.formatWrittenText(questionLine)),
  };
}

function toSpokenQuestionLine(question: string): WordsLine {
  return { id: 'tool.spoken.ask', with: { ask: question } };
}

function isSayableValue(value: TextValue) {
  return (
    typeof value !== 'string' ||
    // An address is said without its query, so its hearers would not know what they confirm.
    (findAddresses(value).length === 0 &&
      value === toSpeakable(toResultLine(value, maxQuestionChars)))
  );
}
