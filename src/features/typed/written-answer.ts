import { atStage, BotError } from '#src/base/errors.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import { failureText } from '#src/conversation/alerts/failure-text.ts';
import type { PaidPipeline } from '#src/conversation/engines/paid-engines.ts';
import { type ReplyHost, silentHost } from '#src/conversation/engines/paid-engines.ts';
import { answerRequestOf } from '#src/conversation/engines/paid-requests.ts';
import type { AskOutcome } from '#src/conversation/ports/command-ports.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { withToolRules } from '#src/conversation/tools/session-tools.ts';
import { ConfidentialText, type TextOwner } from '#src/people/confidential-text.ts';
import type { AnswerLanguage, ReplyStyle, TurnUtterance } from '#src/pipeline/pipeline.ts';
import { instructionsOf } from '#src/pipeline/prompt.ts';
import { writeAnswer } from '#src/pipeline/written.ts';
import type { Transcript } from '#src/speech/ports.ts';
import type { AnswerRequest } from '#src/spending/budget-authority.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import type { WrittenTools } from './written-tools.ts';

/** A question that is to be answered in writing; `known` is what was said before, oldest first. */
export type WrittenQuestion = {
  readonly guildId: string;
  /** Utterances of the asker, one at least. */
  readonly said: readonly TurnUtterance[];
  readonly known: readonly ChatMessage[];
  /** Owner of that. */
  readonly owner: TextOwner;
  /** Language of the answer. */
  readonly language: AnswerLanguage;
  /** Style of the bot in that server, before the answer. */
  readonly style: ReplyStyle;
  /** Hears what was said itself; what it would say is written. */
  readonly pipeline?: PaidPipeline;
  readonly tools: WrittenTools;
};

/** More than one message holds is not awaited. */
const longestChars = 4_000;

/**
 * Has the chat model answer without a word spoken, within `ms`.
 *
 * A failure outside is reported to the operator and returned as a line; anything else is a bug. Aborting `signal`
 * throws `signal.reason`.
 */
export async function answerInWriting(
  given: WrittenQuestion,
  parts: SessionDependencies,
  ms: number,
  signal: AbortSignal,
): Promise<AskOutcome> {
  const rules = { done: [], offered: given.tools.offered };
  const asked = { ...given, style: withToolRules(given.style, rules) };
  const opened = parts.spending.open(orderFor(asked));
  if (opened.kind === 'refused') return { kind: 'failed', line: opened.line };
  using reservation = opened.reservation;
  const over = new AbortController();
  const late = () =>
    new BotError('provider.late', true, `An answer took longer than ${Math.round(ms / 1000)} s.`);
  try {
    const writing = written(asked, parts.chat, reservation, AbortSignal.any([signal, over.signal]));
    const text = await within(writing, ms, parts.clock, late);
    const onlyFor = asked.said[0]?.speakerId ?? '';
    const owner = asked.tools.isPrivate ? { onlyFor } : asked.owner;
    const confirmation = asked.tools.awaitPress();
    const answer = new ConfidentialText(text, owner);
    return { kind: 'answered', text: answer, confirmation };
  } catch (error) {
    const failure = atStage('think', error);
    if (signal.aborted || !(failure instanceof BotError)) throw error;
    parts.onEvent(asked.guildId, failureEventOf(failure, 'think'));
    return { kind: 'failed', line: failureText(failure, parts) };
  } finally {
    over.abort(new Error('the answer is over'));
  }
}

async function written(
  asked: WrittenQuestion,
  chat: SessionDependencies['chat'],
  reservation: Reservation,
  signal: AbortSignal,
): Promise<string> {
  const { pipeline } = asked;
  const text = pipeline
    ? await asHeard(pipeline, asked, reservation, signal)
    : await asRead(asked, chat, reservation, signal);
  if (text.trim() === '')
    throw new BotError('provider.empty', true, 'The chat model answered without text.');
  return text.trim();
}

async function asHeard(
  pipeline: PaidPipeline,
  { said, known: history, language, style, tools }: WrittenQuestion,
  reservation: Reservation,
  signal: AbortSignal,
): Promise<string> {
  const turn = { said, style, history, tools: tools.offered, language };
  const host: ReplyHost = {
    ...silentHost,
    run: (call, until) => tools.run(call, until),
  };
  let text = '';
  reservation.wanted();
  for await (const part of pipeline.paidBy(reservation).answer(turn, host, signal)) {
    if (part.kind === 'text') text += part.text;
    if (text.length >= longestChars) break;
  }
  return text;
}

async function asRead(
  { said, known, language, style, tools }: WrittenQuestion,
  chat: SessionDependencies['chat'],
  reservation: Reservation,
  signal: AbortSignal,
): Promise<string> {
  const transcripts = await unlessAborted(Promise.all(said.map(transcriptOf)), signal);
  await language.hear(transcripts);
  const content = instructionsOf({ said, style, history: known, tools: [], language });
  const asked = transcripts.map(
    ({ text }, n): ChatMessage => ({ role: 'user', name: said[n]?.name ?? '', content: text }),
  );
  const prompt = [{ role: 'system', content } as const, ...known, ...asked];
  const paid = chat.paidBy(reservation);
  const host: Pick<ReplyHost, 'run'> = {
    run: (call, until) => tools.run(call, until),
  };
  const writing = { chat: paid, prompt, tools: tools.offered, host };
  let text = '';
  reservation.wanted();
  for await (const part of writeAnswer(writing, signal)) {
    if (part.kind === 'text') text += part.text;
    if (text.length >= longestChars) break;
  }
  return text;
}

async function transcriptOf({ transcript }: TurnUtterance): Promise<Transcript> {
  try {
    return await transcript();
  } catch (error) {
    throw atStage('recognise', error);
  }
}

function orderFor({ guildId, known, said, style, tools }: WrittenQuestion): AnswerRequest {
  const turn = { said, style, history: known, tools: tools.offered };
  return answerRequestOf(turn, guildId, 'answer in writing');
}
