import { isProgram, nobody, type PersonId } from '#src/base/ids.ts';
import { type ChatMessage, historyLimits } from '#src/chat/chat-model.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { EventOf } from '#src/conversation/machine/events.ts';
import type {
  ConversationState,
  HistoryExchange,
  Id,
  ToolChange,
} from '#src/conversation/machine/state.ts';
import {
  type AnswerMedium,
  getAnswerMedium,
} from '#src/conversation/mouth/answer-delivery.ts';
import {
  PendingAnswer,
  type PreemptiveBudget,
} from '#src/conversation/mouth/pending-answer.ts';
import type { Session, SessionChannel } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import {
  type SessionTools,
  withToolRules,
} from '#src/conversation/tools/session-tools.ts';
import {
  AnswerCalls,
  type ToolCallRunner,
  toChatTools,
} from '#src/conversation/tools/tool-call-runner.ts';
import { reportLiveTurn, toChosenVoice } from '#src/notices/channel-notices.ts';
import { lastingSources, type Origin, toPrivateOwner } from '#src/people/owned.ts';
import type { WordsJudge } from '#src/pipeline/chained-pipeline.ts';
import {
  addNamingOrder,
  choosePipeline,
  type Turn,
  type TurnUtterance,
} from '#src/pipeline/pipeline.ts';
import type { SpokenManner } from '#src/ports/command-ports.ts';
import type { SessionFeatures } from '#src/ports/feature-session.ts';
import { toSpokenStyle } from '#src/settings/stored-settings.ts';
import type { BudgetRefusal } from '#src/spending/budget-authority.ts';
import { toAnswerRequest } from '#src/spending/reservation.ts';

/** Words of a prompt in place of words that a model heard itself and nobody recognised. */
const unrecognisedPlaceholder = '(Nobody recognised these words.)';

/** Words of a prompt in place of the answer to a question that no later answer may answer. */
const takenBackPlaceholder = '(This question was taken back.)';

/** Converts exchanges to the messages of a prompt: the newest that fit, oldest first. */
export function toChatMessages(
  exchanges: readonly HistoryExchange[],
): readonly ChatMessage[] {
  const messages = exchanges.flatMap((exchange): readonly ChatMessage[] => [
    {
      role: 'user',
      name: exchange.name,
      content: (exchange.words || unrecognisedPlaceholder).trim(),
      languageOrder: exchange.languageOrder,
    },
    {
      role: 'assistant',
      content: exchange.isOver ? takenBackPlaceholder : exchange.heard.trim(),
    },
  ]);
  return selectRecentMessages(messages);
}

/**
 * Selects the newest messages that fit, oldest first. An answer stays with its question, as many templates want a user
 * to begin. The newest exchange always stays, and each text that is too long loses its start.
 */
export function selectRecentMessages(
  messages: readonly ChatMessage[],
): readonly ChatMessage[] {
  const written = messages.filter(({ content }) => content !== '');
  const recent = listFittingMessages(written);
  const begin = recent.findIndex(({ role }) => role === 'user');
  if (begin >= 0) return recent.slice(begin);
  const [answer] = recent;
  const question = written.findLast(({ role }) => role === 'user');
  if (!answer || !question) return recent;
  const { characters } = historyLimits;
  const asked = cutStart(question, characters / 2);
  return [asked, cutStart(answer, characters - asked.content.length)];
}

/**
 * Lists the newest messages that fit, at least one. The oldest go by half the limit at once: servers keep what they computed for the
 * beginning of a prompt, and one that moves with each turn is computed anew each time.
 */
function listFittingMessages(messages: readonly ChatMessage[]) {
  const { characters, items } = historyLimits;
  const cut = messages.map((message) => cutStart(message, characters));
  const ends: number[] = [];
  for (const { content } of cut) ends.push((ends.at(-1) ?? 0) + content.length);
  const total = ends.at(-1) ?? 0;
  for (let dropped = 0; dropped < total; dropped += characters / 2) {
    const first = cut.findIndex((_, n) => (ends[n - 1] ?? 0) >= dropped);
    const fits = first >= 0 && total - (ends[first - 1] ?? 0) <= characters;
    if (fits && cut.length - first <= items) return cut.slice(first);
  }
  return cut.slice(-1);
}

function cutStart(message: ChatMessage, maxLength: number): ChatMessage {
  const { content } = message;
  return content.length <= maxLength
    ? message
    : { ...message, content: content.slice(-maxLength).trimStart() };
}

/** Lists the exchanges for a prompt, oldest first, without those of left-out people. */
export function listExchanges(
  askerId: PersonId,
  {
    consent,
    loop,
  }: { readonly consent: SessionConsent; readonly loop: ConversationLoop },
  supposed?: HistoryExchange,
): readonly HistoryExchange[] {
  const exchanges = [...loop.state.history.exchanges, ...(supposed ? [supposed] : [])];
  return exchanges.filter(({ by }) => by === askerId || !consent.isLeftOut(by));
}

type AnswerOptions = {
  readonly id: Id;
  readonly askerId: PersonId;
  /** Changes that earlier answers to the same words have made. */
  readonly done: readonly ToolChange[];
  readonly supposed: HistoryExchange | undefined;
  readonly addressee?: string;
  readonly manner?: SpokenManner;
  readonly medium?: AnswerMedium;
  readonly awaitJudgement: WordsJudge['awaitJudgement'];
};

/** Objects that an answer needs beside its session. */
export type AnswerDeps = Deps<'clock' | 'pipelines' | 'spending'> & {
  readonly calls: ToolCallRunner;
  readonly preemptiveBudget: PreemptiveBudget;
  readonly tools: SessionTools;
};

type BegunAnswer = {
  readonly kind: 'begun';
  readonly pending: PendingAnswer;
  /** The fact about its prompt, for the conversation. */
  readonly prompted: Omit<EventOf<'prompted'>, 'atMs'>;
};

/** Begins an answer, or returns the refusal of a budget that is used up. */
export function requestAnswer(
  utterances: readonly TurnUtterance[],
  session: Session,
  deps: AnswerDeps,
  signal: AbortSignal,
  options: AnswerOptions,
): BegunAnswer | BudgetRefusal {
  const { clock, preemptiveBudget, spending, tools } = deps;
  const { askerId, awaitJudgement, done: changes, id: answer } = options;
  const { voiceChannel } = session;
  const medium = options.medium ?? getAnswerMedium(askerId, voiceChannel);
  const isWritten = medium === 'written' || medium === 'private';
  const pipeline = openPipeline(utterances, isWritten, voiceChannel, deps);
  const context = selectContext(utterances, askerId, session, options.supposed);
  const { sources } = context.origin;
  const owner =
    medium === 'private'
      ? toPrivateOwner(askerId, context.origin.owner)
      : context.origin.owner;
  const calls = new AnswerCalls({
    session,
    tools,
    calls: deps.calls,
    answer,
    askerId,
    utterances,
    changes,
    origin: context.origin,
  });
  const turn = createTurn(utterances, session, calls, context, options);
  const { guildId } = voiceChannel.channel;
  const opened = spending.open(toAnswerRequest(turn, guildId, 'answer', askerId));
  if (opened.kind === 'refused') return opened;
  const prompted = {
    kind: 'prompted',
    answer,
    hasOthers: hasWordsOfOthers(turn, voiceChannel),
    warning: opened.news,
  } as const;
  const pending = new PendingAnswer(
    {
      turn,
      pipeline,
      isWritten,
      preemptiveBudget,
      origin: { owner, sources },
      reservation: opened.reservation,
      nowMs: () => clock.nowMs(),
      awaitJudgement,
      onLiveTurn: (failure) => reportLiveTurn(failure, session),
      tools: calls,
    },
    signal,
  );
  return { kind: 'begun', pending, prompted };
}

function openPipeline(
  utterances: readonly TurnUtterance[],
  isWritten: boolean,
  voiceChannel: Session['voiceChannel'],
  { pipelines }: AnswerDeps,
) {
  return isWritten
    ? pipelines.textOnly()
    : pipelines.open(choosePipeline(utterances, voiceChannel.getSettings().pipeline));
}

/** Tests whether the prompt holds words of others than the asker: quotations, captions or a persona. */
function hasWordsOfOthers(
  { context, utterances }: Turn,
  voiceChannel: Session['voiceChannel'],
) {
  const { name, instructions } = voiceChannel.getSettings().persona ?? {};
  const isQuoting = utterances.some(({ isQuoted }) => isQuoted);
  return isQuoting || (context ?? name ?? instructions) !== undefined;
}

/** Creates a turn that may be asked, as far as it is known. */
export function createUnaskedTurn(
  utterance: TurnUtterance,
  session: Session,
  tools: SessionTools,
): Turn {
  const offered = toChatTools(tools.listOfferedTools());
  const { speakerId: askerId } = utterance;
  const calls = { offered, doneCalls: [] };
  const context = selectContext([utterance], askerId, session, undefined);
  return createTurn([utterance], session, calls, context, { askerId });
}

/** Creates a turn without words, with whose prompt that of the next question begins. Whoever asked last is likely to ask again. */
function createBeginningTurn(session: Session, tools: SessionTools): Turn {
  const { by: askerId = nobody } = session.loop.state.history.exchanges.at(-1) ?? {};
  const exchanges = listExchanges(askerId, session);
  const calls = { offered: toChatTools(tools.listOfferedTools()), doneCalls: [] };
  const context = { exchanges, featureContext: {}, isOwn: false };
  return createTurn([], session, calls, context, { askerId });
}

/** Creates a turn as it is asked now. */
function createTurn(
  utterances: readonly TurnUtterance[],
  session: Session,
  calls: Pick<AnswerCalls, 'doneCalls' | 'offered'>,
  { exchanges, featureContext, isOwn }: Omit<PromptContext, 'origin'>,
  {
    addressee = '',
    askerId,
    manner,
  }: Pick<AnswerOptions, 'askerId'> & Partial<AnswerOptions>,
): Turn {
  const { consent, notices, voiceChannel } = session;
  const { withdrawals } = consent;
  const spokenStyle = toSpokenStyle(
    voiceChannel.getStyle(),
    manner,
    toChosenVoice(manner?.voice, session),
  );
  const plainStyle = withToolRules(spokenStyle, calls);
  const style = {
    ...(addressee === '' ? plainStyle : addNamingOrder(plainStyle)),
    getAsideNotice: (language: string | undefined) =>
      notices.formatSpokenText({ id: 'aside.chat' }, language),
    getSpokenLanguage: (language: string) => notices.getSpokenLocale(language),
  };
  return {
    utterances,
    style,
    history: toChatMessages(exchanges),
    tools: calls.offered,
    done: calls.doneCalls,
    ...featureContext,
    channelId: voiceChannel.channel.channelId,
    // Earlier answers and captions repeat words of anybody.
    until: AbortSignal.any([
      session.signal,
      isOwn ? withdrawals.getSignal(askerId) : withdrawals.getSignalOfAnybody(),
    ]),
    language: voiceChannel.languages.createAnswerLanguage(askerId),
  };
}

/** Words of the conversation for a prompt, and the origin of what the prompt makes. */
type PromptContext = {
  readonly exchanges: readonly HistoryExchange[];
  readonly featureContext: Pick<Turn, 'context'>;
  /** Nothing but the asker's own words. */
  readonly isOwn: boolean;
  readonly origin: Origin;
};

function selectContext(
  utterances: readonly TurnUtterance[],
  askerId: PersonId,
  session: {
    readonly consent: SessionConsent;
    readonly features: SessionFeatures;
    readonly loop: ConversationLoop;
    readonly voiceChannel: SessionChannel;
  },
  supposed: HistoryExchange | undefined,
): PromptContext {
  const reading = session.consent.beginReading();
  if (isProgram(askerId)) {
    const origin = { owner: 'given', sources: lastingSources } as const;
    return { exchanges: [], featureContext: {}, isOwn: true, origin };
  }
  const exchanges = listExchanges(askerId, session, supposed);
  const featureContext = joinFeatureContext(utterances, askerId, session.features);
  const isOwn = exchanges.length === 0 && featureContext.context === undefined;
  const { channelId } = session.voiceChannel.channel;
  // Earlier answers and captions repeat words of anybody. The asker's own no ends the turn itself.
  const sources = reading.toSources((id) => !isOwn && id !== askerId);
  return {
    exchanges,
    featureContext,
    isOwn,
    origin: { owner: { channelId }, sources },
  };
}

function joinFeatureContext(
  utterances: readonly TurnUtterance[],
  askerId: PersonId,
  features: Session['features'],
) {
  const fromMs = Math.min(...utterances.map((utterance) => utterance.fromMs));
  const contexts = features.describeContext({ askerId, fromMs });
  return contexts.length === 0 ? {} : { context: contexts.join('\n\n') };
}

/**
 * Lets the chat model read ahead how the next prompt of a session begins: tools, instructions and history, behind which each question
 * stands. Only an engine that reads ahead lets it be made.
 */
export class PromptAhead {
  readonly #session: Session;
  readonly #deps: Pick<AnswerDeps, 'pipelines'>;
  readonly #tools: SessionTools;
  #read: readonly unknown[] = [];

  constructor(
    session: Session,
    deps: Pick<AnswerDeps, 'pipelines'>,
    tools: SessionTools,
  ) {
    this.#session = session;
    this.#deps = deps;
    this.#tools = tools;
  }

  /** Passes the beginning on once the bot is in the channel, and whenever it may have changed. Call it after each event. */
  update({ history, session }: ConversationState): void {
    const { connection, settings } = session;
    if (connection.kind !== 'up' || settings.mode !== 'talk') return;
    const channelSettings = this.#session.voiceChannel.getSettings();
    // Both are the same objects until they change.
    const read = [history, channelSettings];
    if (read.every((each, n) => each === this.#read[n])) return;
    this.#read = read;
    this.#deps.pipelines
      .open(channelSettings.pipeline)
      .prepare(() => createBeginningTurn(this.#session, this.#tools));
  }
}
