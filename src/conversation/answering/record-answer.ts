import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import type { FinishedAnswer } from '#src/conversation/output/play-answer.ts';
import { withDuplicates } from '#src/conversation/queue/duplicate-questions.ts';
import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import { speakerOf } from '#src/conversation/queue/queued-turn.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { RememberedExchange } from './conversation-history.ts';

/** Placeholder, for a model, of words that it heard itself and that were not recognised. */
const unrecognised = '(Nobody recognised these words.)';

/** Keeps in the history what was said and what was heard or read of the answer, and reports it to listeners. */
export function recordAnswer(
  question: QueuedQuestion,
  given: FinishedAnswer,
  context: SessionContext,
): void {
  if (!hasWords(question)) {
    if (given.reply.firstSentAtMs === undefined) return;
    reportReason(question, context);
  }
  const twins = (question.also ?? []).filter(hasWords);
  const alsoIds = twins.map(speakerOf);
  if (!given.isForgotten) {
    for (const twin of twins) remember(twin, { heard: '' }, context);
    const { isOwn } = given;
    remember(question, { heard: reached(given), alsoIds, isOwn }, context);
  }
  for (const one of withDuplicates(question)) report(one, given, context);
}

/** Text of the answer that people have; where a part of it was written, an answer that is not cut short is whole. */
function reached(given: FinishedAnswer): string {
  const { reply, progress, finish } = given;
  const { text, written } = progress;
  if (written === undefined) return reply.heardText();
  if (finish !== 'cancelled' || isWritten(given)) return text;
  return [reply.heardText(), written].join(' ').trim();
}

function hasWords({ words }: QueuedQuestion): boolean {
  return words !== undefined && words.text.trim() !== '';
}

/** The model heard what the recogniser failed to. */
function reportReason({ said }: QueuedQuestion, { channel, parts }: SessionContext): void {
  said.transcript().catch((error: unknown) => {
    parts.onEvent(channel.guildId, failureEventOf(error, 'recognise'));
  });
}

/** For want of a voice, or as its asker wants it, all of it was written. */
function isWritten({ progress: { text, written } }: FinishedAnswer): boolean {
  const plain = (words: string) => words.replace(/\s+/g, '');
  return written !== undefined && plain(written) === plain(text);
}

function remember(
  question: QueuedQuestion,
  answer: Pick<RememberedExchange, 'alsoIds' | 'heard' | 'isOwn'>,
  { history }: SessionContext,
): void {
  const { said, words } = question;
  const { speakerId, name } = said;
  history.add({
    speakerId,
    name,
    said: words?.text.trim() ? words.text : unrecognised,
    ...answer,
    question,
  });
}

function report(
  { said, words, endedAtMs, report: isTyped }: QueuedQuestion,
  { reply, progress, finish }: FinishedAnswer,
  { channel, parts, preemptiveBudget }: SessionContext,
): void {
  const { speakerId, name } = said;
  const { firstSentAtMs } = reply;
  const instants = {
    ...progress.instants,
    heardAtMs: said.toMs,
    endedAtMs,
    ...(words && { recognisedAtMs: words.atMs }),
    ...(firstSentAtMs !== undefined && { firstSentAtMs }),
  };
  parts.onEvent(channel.guildId, {
    kind: 'answered',
    speakerId,
    name,
    text: progress.text,
    heardText: reply.heardText(),
    finish,
    ...(isTyped && { typed: true }),
    vainShare: preemptiveBudget.share,
    instants,
  });
}
