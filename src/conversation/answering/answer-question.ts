import type { BotError } from '#src/base/errors.ts';
import {
  reportDeadlinesMet,
  watchAnswer,
} from '#src/conversation/alerts/answer-deadline-watchdog.ts';
import { failureText } from '#src/conversation/alerts/failure-text.ts';
import { reportFailure, writeUnspeakable } from '#src/conversation/alerts/report-failure.ts';
import { type ArrivedPart, PendingAnswer } from '#src/conversation/engines/pending-answer.ts';
import { answerMediumFor } from '#src/conversation/output/answer-medium.ts';
import { endWithToolQuote } from '#src/conversation/output/end-with-tool-quote.ts';
import {
  type AnswerProgress,
  playAnswer,
  unanswered,
} from '#src/conversation/output/play-answer.ts';
import { deliver } from '#src/conversation/output/read-aloud.ts';
import { stuck } from '#src/conversation/output/speech-output.ts';
import {
  namePrefix,
  namesFor,
  withNamePrefix,
} from '#src/conversation/output/spoken-name-prefix.ts';
import { writeLinksCodeTables } from '#src/conversation/output/write-links-code-tables.ts';
import { writeUnspoken } from '#src/conversation/output/write-unspoken.ts';
import type { AskOutcome } from '#src/conversation/ports/command-ports.ts';
import type { AnswerFinish } from '#src/conversation/ports/session-events.ts';
import { withDuplicates } from '#src/conversation/queue/duplicate-questions.ts';
import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import { speakerOf } from '#src/conversation/queue/queued-turn.ts';
import type { SessionContext, SpeakingContext } from '#src/conversation/session-context.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { BudgetRefusal } from '#src/spending/budget-authority.ts';
import { isDoneEcho } from '#src/turn/answer-wording.ts';
import { beginAnswer } from './begin-answer.ts';
import { askToWait, isSlow, postpone } from './postpone-slow-answers.ts';
import { recordAnswer } from './record-answer.ts';

/** Outcome of an attempt at an answer; `failure` is an error of the outside world. */
type AnswerOutcome = { readonly finish: AnswerFinish; readonly failure?: BotError };

type Making = {
  readonly question: QueuedQuestion;
  readonly pending: PendingAnswer;
  readonly reply: SpokenReply;
  readonly progress: AnswerProgress;
};

/**
 * Answers one question and returns when the answer has been played, or has failed and the channel has read why.
 *
 * Throws only what is a bug. Aborting `signal` falls silent and throws `signal.reason`; what was heard until then is
 * kept, unless its speaker withdrew the question.
 */
export async function answerQuestion(
  question: QueuedQuestion,
  context: SpeakingContext,
  signal: AbortSignal,
): Promise<void> {
  const progress = unanswered(question.said.toMs, question.endedAtMs);
  const pending = begunAhead(question, context) ?? begin(question, context);
  if (!(pending instanceof PendingAnswer)) return refuseForBudget(question, pending, context);
  question.step = () => pending.step;
  question.stage = () => (pending.isReady ? undefined : pending.stage);
  if (pending.isWritten)
    context.pipeline.forgetHeard(question.said.speakerId, question.said.fromMs);
  const { addressing, recentQuestions, output } = context;
  recentQuestions.answering(question);
  let isPutOff = false;
  addressing.answering(question.said.speakerId);
  const give = async (reply: SpokenReply): Promise<void> => {
    const making = { question, pending, reply, progress };
    pending.want(reply);
    isPutOff = (await isSlow(pending, context, signal)) && postpone(question, pending, context);
    if (isPutOff) return addressing.answered(question.said.speakerId, '');
    const outcome = await perform(making, context, signal).finally(() => {
      for (const { said } of withDuplicates(question))
        addressing.answered(said.speakerId, progress.written ?? reply.heardText());
    });
    if (question.handle.dropped === 'continued') pending.discard();
    else if (question.handle.dropped !== 'withdrawn') keep(outcome, making, context);
    await conclude(outcome, making, context, signal);
  };
  const answeredIds = withDuplicates(question).map(speakerOf);
  const { channel, parts } = context;
  const own = parts.peopleSettings.known(channel.guildId, question.said.speakerId);
  const ownSpeed = question.manner?.speed ?? own.speed;
  await output.speak(signal, give, { ownSpeed, answeredIds });
  if (isPutOff) await askToWait(question, context, signal);
}

/** Keeps what was said and answered, and shows what of it is to be read. */
function keep({ finish, failure }: AnswerOutcome, making: Making, context: SpeakingContext): void {
  const { question, pending, reply, progress } = making;
  const { isOwn, owner } = pending;
  const { isForgotten } = context.output;
  const given = { reply, progress, finish, isForgotten, isOwn, owner };
  recordAnswer(question, given, context);
  const isShown = failure?.stage === 'speak' || writtenTo(making, context).length > 0;
  if (!isShown) writeLinksCodeTables(question, given, context);
}

/** Reports to the channel what failed, and forgets it once an answer is whole. */
async function conclude(
  { finish, failure }: AnswerOutcome,
  making: Making,
  context: SpeakingContext,
  signal: AbortSignal,
): Promise<void> {
  const language = context.languages.of(making.question.said.speakerId);
  if (failure) await reportFailure(failure, language, context, signal, writtenTo(making, context));
  else if (finish === 'completed') {
    context.reportedFailures.over('recognise', 'think', 'key');
    reportDeadlinesMet(context);
  }
}

async function perform(
  making: Making,
  context: SpeakingContext,
  signal: AbortSignal,
): Promise<AnswerOutcome> {
  const { question, pending, reply, progress } = making;
  try {
    const answered = pending.release(reply, signal);
    const wanted = dropDoneEcho(answered, question, pending);
    const quoted = endWithToolQuote(wanted, pending, context, signal);
    const { reservation, voice } = pending;
    const made = withNamePrefix(quoted, { question, voice, reservation }, context, signal);
    const toWrite = { progress, pending, writtenTo: writtenTo(making, context) };
    const written = writeUnspoken(made, toWrite, context, signal);
    const work = () => playAnswer(written, reply, progress, signal);
    const failure = await watched(reply, work, pending, context, signal);
    for (const { report } of withDuplicates(question))
      report?.(reportedOf(progress, failure, pending, context));
    const finish = await played(making, context, signal);
    if (context.output.isStuck) {
      writeUnspeakable(pending.written(progress.text), context);
      progress.written = progress.text;
      return { finish: 'failed', failure: stuck() };
    }
    if (finish === 'empty' && pending.isDone) tick(context);
    if (failure) return { finish: 'failed', failure };
    // For want of a voice for its language, all of it was written.
    return { finish: finish === 'empty' && progress.written ? 'completed' : finish };
  } catch (error) {
    const wasHeard = signal.aborted && reply.firstSentAtMs !== undefined;
    if (!question.handle.isRetracted && !wasHeard) throw error;
    return { finish: 'cancelled' };
  }
}

/** People for whom the answer is written, beside what is heard of it. */
function writtenTo(
  { question, pending }: Pick<Making, 'question' | 'pending'>,
  context: SessionContext,
): readonly string[] {
  if (question.report) return [];
  const askers = withDuplicates(question).map(speakerOf);
  return askers.filter((id) => pending.isWritten || answerMediumFor(id, context) !== 'aloud');
}

/** Same as `SpeechOutput.played`, and tells the quote that it was heard. */
async function played(
  { pending, reply, progress }: Making,
  { output }: SpeakingContext,
  signal: AbortSignal,
): Promise<AnswerFinish> {
  const finish = await output.played(reply, signal);
  if (finish === 'completed' && progress.written === undefined) pending.quote?.onHeard?.();
  return finish;
}

/** Same as `deliver`, but what hangs is given up. */
async function watched(
  reply: SpokenReply,
  work: () => Promise<void>,
  pending: PendingAnswer,
  context: SpeakingContext,
  signal: AbortSignal,
): Promise<BotError | undefined> {
  const over = new AbortController();
  void watchAnswer(pending, reply, context, AbortSignal.any([signal, over.signal]));
  try {
    return await deliver(reply, work, signal);
  } finally {
    over.abort(new Error('the answer was delivered'));
  }
}

/** Answer that was begun ahead, if the state behind it still holds, or if it was postponed. */
function begunAhead(question: QueuedQuestion, context: SpeakingContext): PendingAnswer | undefined {
  const { postponed, pending } = question;
  question.pending = undefined;
  question.postponed = false;
  const isSame = pending?.basis === context.history.state;
  const isFresh = isSame && !pending.isInWrongLanguage;
  if (pending && (postponed || isFresh)) return pending;
  pending?.discard();
  return undefined;
}

function begin(question: QueuedQuestion, context: SpeakingContext): PendingAnswer | BudgetRefusal {
  const { earlier, said } = question;
  const language = context.languages.of(said.speakerId);
  const addressee = namePrefix(namesFor(question, context), context, language);
  const { manner, report } = question;
  const medium = report && ('aloud' as const);
  const how = { addressee, manner, medium };
  return beginAnswer([...earlier, said], context, context.signal, how);
}

/** An answer that could not be spoken was written all the same; one without a word is none. */
function reportedOf(
  { text }: AnswerProgress,
  failure: BotError | undefined,
  pending: PendingAnswer,
  { parts }: SpeakingContext,
): AskOutcome {
  if (failure && failure.stage !== 'speak')
    return { kind: 'failed', line: failureText(failure, parts) };
  if (text.trim() !== '') return { kind: 'answered', text: pending.written(text) };
  return { kind: 'failed', line: { id: 'fail.llm', with: { provider: parts.chatName } } };
}

/** Refuses a question for lack of budget: its asker reads why if it was typed, the channel reads it once a day. */
function refuseForBudget(
  question: QueuedQuestion,
  { isNews, line }: BudgetRefusal,
  context: SessionContext,
): void {
  const { channel, panel, queue, parts } = context;
  const { name, speakerId } = question.said;
  if (isNews()) context.notice(line);
  else if (!question.report) panel.lost(name, 'budget');
  question.report?.({ kind: 'failed', line });
  parts.onEvent(channel.guildId, { kind: 'dropped', speakerId, name, why: 'budget' });
  const others = question.also?.some((one) => speakerOf(one) !== speakerId);
  if (others) queue.giveUp(question, 'over');
}

/**
 * Drops the last few words of an answer ("Done.") where all that was asked aloud was done and shows by itself.
 *
 * Longer words are an answer to something else and come whole.
 */
async function* dropDoneEcho(
  answer: AsyncIterable<ArrivedPart>,
  question: QueuedQuestion,
  pending: PendingAnswer,
): AsyncGenerator<ArrivedPart> {
  const isAloud = !question.report && !pending.isWritten;
  let held: readonly ArrivedPart[] = [];
  let chars = 0;
  for await (const arrived of answer) {
    const { part } = arrived;
    if (pending.isDone && part.kind === 'text') chars += part.text.length;
    const isEcho = pending.isDone && isAloud && isDoneEcho(question.words?.text ?? '', chars);
    held = [...held, arrived];
    if (isEcho) continue;
    for (const one of held) yield one;
    held = [];
  }
}

/** One soft tick in place of words. */
function tick({ connection, parts, settings }: SessionContext): void {
  if (settings().cues !== 'off') void connection.play(parts.cues.thinking);
}
