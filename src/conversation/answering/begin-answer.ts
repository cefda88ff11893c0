import { recentMessages } from '#src/chat/history.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { HistoryExchange, Id, ToolChange } from '#src/conversation/machine/state.ts';
import {
  type AnswerMedium,
  answerMediumFor,
  spokenSubstitute,
} from '#src/conversation/output/answer-parts.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { type SessionTools, withToolRules } from '#src/conversation/tools/session-tools.ts';
import { AnswerCalls } from '#src/conversation/tools/tool-calls.ts';
import { chosenVoice } from '#src/notices/notice.ts';
import type { TextOwner } from '#src/people/confidential-text.ts';
import { isProgram } from '#src/people/program-ids.ts';
import { pipelineFor, type Turn, type TurnUtterance } from '#src/pipeline/pipeline.ts';
import { namingStyle } from '#src/pipeline/prompt.ts';
import type { SpokenManner } from '#src/ports/command-ports.ts';
import { styleIn } from '#src/settings/stored-settings.ts';
import type { BudgetRefusal } from '#src/spending/budget-authority.ts';
import { answerRequestOf } from '#src/spending/reservation.ts';
import { PendingAnswer } from '#src/voice/output/pending-answer.ts';

/** Placeholder, for a model, of words that it heard itself and that were not recognised. */
const unrecognised = '(Nobody recognised these words.)';

/** Placeholder, for a model, of the answer to a question that is over: the next answer leaves it alone. */
const takenBack = '(This question was taken back.)';

/** Exchanges as a model is shown them: as many of the last ones as fit. */
export function messagesOf(exchanges: readonly HistoryExchange[]): readonly ChatMessage[] {
  const all = exchanges.flatMap(({ heard, isOver, name, words }): readonly ChatMessage[] => [
    { role: 'user', name, content: (words || unrecognised).trim() },
    { role: 'assistant', content: isOver ? takenBack : heard.trim() },
  ]);
  return recentMessages(all);
}

/** Exchanges that a model may be shown for an answer to this person, oldest first: nobody else in them is left out. */
export function exchangesFor(
  askerId: string,
  { gate, talk }: Pick<SessionContext, 'gate' | 'talk'>,
  supposed?: HistoryExchange,
): readonly HistoryExchange[] {
  const mayShow = (id: string) => id === askerId || !gate.isLeftOut(id);
  const exchanges = [...talk.state.history.exchanges, ...(supposed ? [supposed] : [])];
  return exchanges.filter(({ by }) => mayShow(by));
}

/** Answer that the conversation wants, and its manner. */
type WantedAnswer = {
  readonly id: Id;
  /** Changes made for the question before. */
  readonly done: readonly ToolChange[];
  /** Exchange that still sounds, as if it is heard whole. */
  readonly supposed: HistoryExchange | undefined;
  /** Name with which it begins. Default: none. */
  readonly addressee?: string | undefined;
  readonly manner?: SpokenManner | undefined;
  /** Default: as its asker wants answers. */
  readonly medium?: AnswerMedium | undefined;
};

/** Begins the answer to what one person said, oldest first, on what the session knows now, if that may cost what it will. */
export function beginAnswer(
  said: readonly TurnUtterance[],
  context: SessionContext,
  tools: SessionTools,
  signal: AbortSignal,
  { addressee = '', done, id, manner, supposed, ...given }: WantedAnswer,
): PendingAnswer | BudgetRefusal {
  const { channel, parts, preemptiveBudget, talk } = context;
  const { clock, spending } = parts;
  const askerId = said.at(-1)?.speakerId ?? '';
  const medium = given.medium ?? answerMediumFor(askerId, context);
  const isWritten = medium === 'written' || medium === 'private';
  const pipeline = isWritten
    ? parts.pipelines.textOnly()
    : parts.pipelines.open(pipelineFor(said, context.settings().pipeline));
  const { before, beside, ...shown } = shownFor(said, askerId, context, supposed);
  const owner = medium === 'private' ? { onlyFor: askerId } : shown.owner;
  const { name, instructions } = context.settings().persona ?? {};
  const calls = new AnswerCalls({ context, session: tools, answer: id, said, made: done });
  const isQuoting = said.some(({ isQuoted }) => isQuoted);
  const hasOthers = isQuoting || (beside.context ?? name ?? instructions) !== undefined;
  const own = styleIn(context.style(), manner, chosenVoice(manner?.voice, context));
  const plain = withToolRules(own, calls);
  const style = {
    ...(addressee === '' ? plain : namingStyle(plain)),
    asidesIn: (language: string | undefined) => spokenSubstitute(channel.guildId, parts, language),
  };
  const turn = {
    said,
    style,
    history: messagesOf(before),
    tools: calls.offered,
    done: calls.done,
    ...beside,
    language: context.languages.answerTo(askerId),
  };
  const opened = spending.open(answerRequestOf(turn, channel.guildId));
  if (opened.kind === 'refused') return opened;
  if (opened.news) context.notice(opened.news);
  const { reservation } = opened;
  talk.post({ kind: 'prompted', answer: id, hasOthers });
  const nowMs = () => clock.nowMs();
  const answer = { turn, pipeline, isWritten, preemptiveBudget, owner, reservation, nowMs };
  return new PendingAnswer({ ...answer, tools: calls }, signal);
}

/** Words of the channel that a model is shown for an answer to this asker; none for a program. */
function shownFor(
  said: readonly TurnUtterance[],
  askerId: string,
  context: SessionContext,
  supposed: HistoryExchange | undefined,
): {
  readonly before: readonly HistoryExchange[];
  readonly beside: Pick<Turn, 'context'>;
  readonly owner: TextOwner;
} {
  if (isProgram(askerId)) return { before: [], beside: {}, owner: 'given' };
  const before = exchangesFor(askerId, context, supposed);
  const { channelId } = context.channel;
  return { before, beside: contextOf(said, askerId, context), owner: { channelId } };
}

/** Context of an answer beside the conversation: what features add. */
function contextOf(
  said: readonly TurnUtterance[],
  askerId: string,
  { features }: SessionContext,
): Pick<Turn, 'context'> {
  const fromMs = Math.min(...said.map((one) => one.fromMs));
  const added = features.context({ askerId, fromMs });
  return added.length === 0 ? {} : { context: added.join('\n\n') };
}
