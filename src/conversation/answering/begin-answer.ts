import { answerRequestOf } from '#src/conversation/engines/cost-estimate-requests.ts';
import { PendingAnswer } from '#src/conversation/engines/pending-answer.ts';
import { styleIn } from '#src/conversation/engines/reply-style.ts';
import { type AnswerMedium, answerMediumFor } from '#src/conversation/output/answer-medium.ts';
import { spokenSubstitute } from '#src/conversation/output/write-links-code-tables.ts';
import type { SpokenManner } from '#src/conversation/ports/command-ports.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { withToolRules } from '#src/conversation/tools/session-tools.ts';
import { TurnToolRunner } from '#src/conversation/tools/turn-tool-runner.ts';
import {
  alsoKnownTo,
  type KnownBy,
  knownByAll,
  type TextReaders,
} from '#src/people/confidential-text.ts';
import type { Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import { namingStyle } from '#src/pipeline/prompt.ts';
import type { BudgetRefusal } from '#src/spending/budget-authority.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { attendConversation, mayShowTo } from './conversation-history.ts';

/** Manner of one answer. */
type AnswerManner = {
  /** Names with which it begins. Default: none. */
  readonly addressee?: string;
  readonly manner?: SpokenManner | undefined;
  /** Default: as its asker wants answers. */
  readonly medium?: AnswerMedium | undefined;
};

/** Begins the answer to what one person said, oldest first, on what the session knows now, if that may cost what it will. */
export function beginAnswer(
  said: readonly TurnUtterance[],
  context: SessionContext,
  signal: AbortSignal,
  { addressee = '', manner, ...given }: AnswerManner = {},
): PendingAnswer | BudgetRefusal {
  const { channel, history, parts, preemptiveBudget } = context;
  const { clock, spending } = parts;
  const askerIds = said.map(({ speakerId }) => speakerId);
  const speakerId = askerIds.at(-1);
  const medium = given.medium ?? answerMediumFor(speakerId ?? '', context);
  const isWritten = medium === 'written';
  const pipeline = isWritten
    ? parts.pipelines.textOnly()
    : { paidBy: (paying: Reservation) => context.pipeline.paidBy(paying) };
  const readers = readersOf(askerIds, medium, context);
  const mayShow = mayShowTo(askerIds, context);
  const known = history.messages(readers, mayShow);
  const { knownBy, aboutIds, ...beside } = contextOf(said, readers, context);
  const { name, instructions } = context.settings().persona ?? {};
  const tools = new TurnToolRunner(said, context, {
    earlier: known.exchanges,
    hasOthers: (beside.context ?? name ?? instructions) !== undefined,
  });
  const isHere = context.people().some(({ id }) => id === speakerId);
  const voice = context.missingVoiceNotices.voiceOf(manner?.voice, isHere ? speakerId : undefined);
  const own = styleIn(context.style(), manner, voice);
  const plain = withToolRules(own, tools);
  const style = {
    ...(addressee === '' ? plain : namingStyle(plain)),
    asidesIn: (language: string | undefined) => spokenSubstitute(channel.guildId, parts, language),
  };
  const turn = {
    said,
    style,
    history: known.messages,
    tools: tools.offered,
    done: tools.done,
    ...beside,
    ...(speakerId !== undefined && { language: context.languages.answerTo(speakerId) }),
  };
  const opened = spending.open(answerRequestOf(turn, channel.guildId));
  if (opened.kind === 'refused') return opened;
  if (opened.news) context.notice(opened.news);
  const { reservation } = opened;
  const basis = history.state;
  return new PendingAnswer(
    turn,
    {
      pipeline,
      isWritten,
      preemptiveBudget,
      tools,
      basis,
      knownBy: alsoKnownTo(knownByAll([known.knownBy, knownBy]), readers.people),
      aboutIds,
      reservation,
      nowMs: () => clock.nowMs(),
    },
    signal,
  );
}

/**
 * Everybody whom an answer to these people reaches: those who sit there, those who asked from elsewhere, and, where it is written
 * or the voice is out, who may open the chat in which it is written.
 */
function readersOf(askerIds: readonly string[], medium: AnswerMedium, context: SessionContext) {
  const here = attendConversation(context);
  const others = askerIds.filter((id) => here.every(({ personId }) => personId !== id));
  const people = [...here, ...others.map((personId) => ({ personId }))];
  const isWritten = medium !== 'aloud' || context.reportedFailures.lasts('speak');
  return { people, placeIds: isWritten ? [context.channel.channelId] : [] };
}

/** Those who may know it, and those whose words it holds. */
type ContextSource = { readonly knownBy: KnownBy; readonly aboutIds: readonly string[] };

/** Context of an answer beside the conversation: what features add. */
function contextOf(
  said: readonly TurnUtterance[],
  readers: TextReaders,
  { features }: SessionContext,
): Pick<Turn, 'context'> & ContextSource {
  const askerIds = said.map(({ speakerId }) => speakerId);
  const fromMs = Math.min(...said.map((one) => one.fromMs));
  const added = features.context({ askerIds, fromMs, readers });
  const source: ContextSource = {
    knownBy: knownByAll(added.map(({ knownBy }) => knownBy)),
    aboutIds: added.flatMap(({ aboutIds }) => aboutIds),
  };
  if (added.length === 0) return source;
  return { context: added.map(({ text }) => text).join('\n\n'), ...source };
}
