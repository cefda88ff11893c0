import type { PersonId } from '#src/base/ids.ts';
import { type ChatMessage, historyLimits } from '#src/chat/chat-model.ts';
import type {
  HistoryExchange,
  Id,
  ToolChange,
} from '#src/conversation/machine/state.ts';
import {
  type AnswerMedium,
  getAnswerMedium,
} from '#src/conversation/output/answer-delivery.ts';
import type { Owners, Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import {
  type SessionTools,
  withToolRules,
} from '#src/conversation/tools/session-tools.ts';
import {
  type AnswerCalls,
  createAnswerCalls,
  type ToolCallRunner,
  toChatTools,
} from '#src/conversation/tools/tool-call-runner.ts';
import { toChosenVoice } from '#src/notices/channel-notices.ts';
import { type TextOwner, toPrivateOwner } from '#src/people/confidential-text.ts';
import { isProgram } from '#src/people/rights.ts';
import {
  choosePipeline,
  type Turn,
  type TurnUtterance,
} from '#src/pipeline/pipeline.ts';
import { addNamingOrder } from '#src/pipeline/prompt.ts';
import type { WordsJudge } from '#src/pipeline/words-judge.ts';
import type { SpokenManner } from '#src/ports/command-ports.ts';
import { toSpokenStyle } from '#src/settings/stored-settings.ts';
import type {
  BudgetRefusal,
  PreemptiveBudget,
} from '#src/spending/budget-authority.ts';
import { toAnswerRequest } from '#src/spending/reservation.ts';
import { PendingAnswer } from '#src/voice/output/pending-answer.ts';

/** Stands in a prompt for words that a model heard itself and nobody recognised. */
const unrecognisedPlaceholder = '(Nobody recognised these words.)';

/** Stands in a prompt for the answer to a question that no later answer may answer. */
const takenBackPlaceholder = '(This question was taken back.)';

export function toChatMessages(
  exchanges: readonly HistoryExchange[],
): readonly ChatMessage[] {
  const all = exchanges.flatMap(
    ({ heard, isOver, name, words }): readonly ChatMessage[] => [
      { role: 'user', name, content: (words || unrecognisedPlaceholder).trim() },
      { role: 'assistant', content: isOver ? takenBackPlaceholder : heard.trim() },
    ],
  );
  return selectRecentMessages(all);
}

/**
 * Selects the newest messages that fit, oldest first. The newest always stays, and loses its start if it is too long.
 */
export function selectRecentMessages(
  items: readonly ChatMessage[],
): readonly ChatMessage[] {
  const kept: ChatMessage[] = [];
  let characters = 0;
  for (const item of items.filter(({ content }) => content !== '').toReversed()) {
    characters += item.content.length;
    if (
      kept.length > 0 &&
      (characters > historyLimits.characters || kept.length >= historyLimits.items)
    )
      break;
    kept.unshift(item);
  }
  const [only] = kept;
  if (kept.length > 1 || !only || only.content.length <= historyLimits.characters)
    return kept;
  return [
    { ...only, content: only.content.slice(-historyLimits.characters).trimStart() },
  ];
}

/** Lists the exchanges for a prompt, oldest first, without those of left-out people. */
export function listExchanges(
  askerId: PersonId,
  { consent, loop }: Owners<'consent' | 'loop'>,
  supposed?: HistoryExchange,
): readonly HistoryExchange[] {
  const exchanges = [...loop.state.history.exchanges, ...(supposed ? [supposed] : [])];
  return exchanges.filter(({ by }) => by === askerId || !consent.isLeftOut(by));
}

type WantedAnswer = {
  readonly id: Id;
  readonly done: readonly ToolChange[];
  readonly supposed: HistoryExchange | undefined;
  readonly addressee?: string;
  readonly manner?: SpokenManner;
  readonly medium?: AnswerMedium;
  readonly awaitJudgement: WordsJudge['awaitJudgement'];
};

export type AnswerDeps = Deps<'clock' | 'pipelines' | 'spending'> & {
  readonly calls: ToolCallRunner;
  readonly preemptiveBudget: PreemptiveBudget;
  readonly tools: SessionTools;
};

/** Begins an answer, or returns the refusal of a budget that is used up. */
export function requestAnswer(
  said: readonly TurnUtterance[],
  session: Session,
  { calls: made, clock, pipelines, preemptiveBudget, spending, tools }: AnswerDeps,
  signal: AbortSignal,
  wanted: WantedAnswer,
): PendingAnswer | BudgetRefusal {
  const { awaitJudgement, done, id } = wanted;
  const { loop, notices, place } = session;
  const askerId = getAskerId(said);
  const medium = wanted.medium ?? getAnswerMedium(askerId, place);
  const isWritten = medium === 'written' || medium === 'private';
  const pipeline = isWritten
    ? pipelines.textOnly()
    : pipelines.open(choosePipeline(said, place.getSettings().pipeline));
  const { name, instructions } = place.getSettings().persona ?? {};
  const calls = createAnswerCalls({
    session,
    tools,
    calls: made,
    answer: id,
    said,
    changes: done,
  });
  const { turn, ...shown } = createTurn(said, session, calls, wanted);
  const owner =
    medium === 'private' ? toPrivateOwner(askerId, shown.owner) : shown.owner;
  const isQuoting = said.some(({ isQuoted }) => isQuoted);
  const hasOthers = isQuoting || (turn.context ?? name ?? instructions) !== undefined;
  const opened = spending.open(toAnswerRequest(turn, place.channel.guildId));
  if (opened.kind === 'refused') return opened;
  if (opened.news) notices.post(opened.news);
  loop.post({ kind: 'prompted', answer: id, hasOthers });
  const nowMs = () => clock.nowMs();
  const answer = {
    turn,
    pipeline,
    isWritten,
    preemptiveBudget,
    owner,
    reservation: opened.reservation,
    nowMs,
    awaitJudgement,
  };
  return new PendingAnswer({ ...answer, tools: calls }, signal);
}

/** Creates a turn that may be asked, as far as it is known. */
export function createUnaskedTurn(
  said: readonly TurnUtterance[],
  session: Session,
  tools: SessionTools,
): Turn {
  const offered = toChatTools(tools.listOfferedTools());
  return createTurn(said, session, { offered, doneCalls: [] }).turn;
}

/** Creates a turn as it is asked now, and the owner of its words. */
function createTurn(
  said: readonly TurnUtterance[],
  session: Session,
  calls: Pick<AnswerCalls, 'doneCalls' | 'offered'>,
  { addressee = '', manner, supposed }: Partial<WantedAnswer> = {},
) {
  const { notices, place } = session;
  const askerId = getAskerId(said);
  const { before, beside, owner } = selectContext(said, askerId, session, supposed);
  const own = toSpokenStyle(
    place.getStyle(),
    manner,
    toChosenVoice(manner?.voice, session),
  );
  const plain = withToolRules(own, calls);
  const style = {
    ...(addressee === '' ? plain : addNamingOrder(plain)),
    getAsideNotice: (language: string | undefined) =>
      notices.formatSpokenText({ id: 'aside.chat' }, language),
  };
  const turn = {
    said,
    style,
    history: toChatMessages(before),
    tools: calls.offered,
    done: calls.doneCalls,
    ...beside,
    language: place.languages.createAnswerLanguage(askerId),
  };
  return { turn, owner };
}

function getAskerId(said: readonly TurnUtterance[]) {
  return said.at(-1)?.speakerId ?? '';
}

function selectContext(
  said: readonly TurnUtterance[],
  askerId: PersonId,
  session: Owners<'consent' | 'features' | 'loop' | 'place'>,
  supposed: HistoryExchange | undefined,
): {
  readonly before: readonly HistoryExchange[];
  readonly beside: Pick<Turn, 'context'>;
  readonly owner: TextOwner;
} {
  if (isProgram(askerId)) return { before: [], beside: {}, owner: 'given' };
  const before = listExchanges(askerId, session, supposed);
  return {
    before,
    beside: joinFeatureContext(said, askerId, session.features),
    owner: { channelId: session.place.channel.channelId },
  };
}

function joinFeatureContext(
  said: readonly TurnUtterance[],
  askerId: PersonId,
  features: Session['features'],
) {
  const fromMs = Math.min(...said.map((one) => one.fromMs));
  const added = features.describeContext({ askerId, fromMs });
  return added.length === 0 ? {} : { context: added.join('\n\n') };
}
