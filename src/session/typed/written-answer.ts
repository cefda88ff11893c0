import { durationMs } from '#src/audio/pcm.ts';
import { atStage, BotError } from '#src/base/errors.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatMessage, Usage } from '#src/chat/ports.ts';
import { ConfidentialText, type KnownBy } from '#src/people/confidential-text.ts';
import type {
  AnswerHost,
  AnswerLanguage,
  Pipeline,
  TurnUtterance,
} from '#src/pipeline/pipeline.ts';
import { instructionsOf } from '#src/pipeline/prompt.ts';
import { failureText } from '#src/session/alerts/report-failure.ts';
import { answerRequestOf } from '#src/session/answering/answer-request.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { failureOf } from '#src/session/failure.ts';
import type { AskOutcome } from '#src/session/ports/command-ports.ts';
import type { Transcript } from '#src/speech/ports.ts';
import type { AnswerRequest, UsageMeter } from '#src/spending/budget-authority.ts';
import type { Payer } from '#src/spending/ledger/ledger.ts';

/** A question that is to be answered in writing; `known` is what was said before, oldest first. */
export type WrittenQuestion = {
  readonly guildId: string;
  /** Utterances of the asker, one at least. */
  readonly said: readonly TurnUtterance[];
  readonly known: readonly ChatMessage[];
  /** Those who may know that. */
  readonly knownBy: KnownBy;
  /** Language of the answer. */
  readonly language: AnswerLanguage;
  /** Hears what was said itself; what it would say is written. */
  readonly ear?: Pipeline | undefined;
  /** As it was when the question was asked. */
  readonly payer: Payer;
  /** Told of what each request took, and of whom. Never throws. */
  readonly onUsage?: (usage: Usage) => void;
};

type WrittenAnswerParts = Pick<
  SessionDependencies,
  'chat' | 'chatName' | 'clock' | 'onEvent' | 'spending' | 'style'
>;

/** More than one message holds is not awaited. */
const longestChars = 4_000;

/**
 * Has the chat model answer without a word spoken, within `ms`.
 *
 * What breaks outside is told to the operator and comes back as a line; anything else is a bug. Aborting `signal`
 * throws `signal.reason`.
 */
export async function answerInWriting(
  asked: WrittenQuestion,
  parts: WrittenAnswerParts,
  ms: number,
  signal: AbortSignal,
): Promise<AskOutcome> {
  const ready = parts.spending.ready(asked.guildId);
  if (ready !== undefined) await unlessAborted(ready, signal);
  const opened = parts.spending.open(orderFor(asked, parts));
  if (opened.kind === 'refused') return { kind: 'failed', line: opened.line };
  const { bill } = opened;
  const over = new AbortController();
  const late = () =>
    new BotError('provider.late', true, `No answer in ${Math.round(ms / 1000)} s.`);
  try {
    const writing = written(asked, parts, bill, AbortSignal.any([signal, over.signal]));
    const text = await within(writing, ms, parts.clock, late);
    return { kind: 'answered', text: new ConfidentialText(text, asked.knownBy) };
  } catch (error) {
    const failure = atStage('think', error);
    if (signal.aborted || !(failure instanceof BotError)) throw error;
    parts.onEvent(asked.guildId, failureOf(failure, 'think'));
    return { kind: 'failed', line: failureText(failure, parts) };
  } finally {
    over.abort(new Error('answered'));
    bill.close();
  }
}

async function written(
  asked: WrittenQuestion,
  parts: WrittenAnswerParts,
  bill: UsageMeter,
  signal: AbortSignal,
): Promise<string> {
  const { ear } = asked;
  const text = ear
    ? await asHeard(ear, asked, parts, bill, signal)
    : await asRead(asked, parts, bill, signal);
  if (text.trim() === '')
    throw new BotError('provider.empty', true, 'The chat model wrote nothing.');
  return text.trim();
}

async function asHeard(
  ear: Pipeline,
  { said, known: history, language, onUsage }: WrittenQuestion,
  { style }: WrittenAnswerParts,
  bill: UsageMeter,
  signal: AbortSignal,
): Promise<string> {
  const stage: AnswerHost = {
    playedMs: () => 0,
    run: async () => ({ content: 'There is no such tool.' }),
    spent: (usage) => spent(usage, onUsage, bill),
  };
  const turn = { said, style, history, tools: [], language };
  let text = '';
  bill.wanted();
  for await (const part of ear.answer(turn, stage, signal)) {
    if (part.kind === 'audio') bill.sounded(durationMs(part.pcm));
    if (part.kind === 'text') text += part.text;
    if (text.length >= longestChars) break;
  }
  return text;
}

async function asRead(
  { said, known, language, onUsage }: WrittenQuestion,
  { chat, style }: WrittenAnswerParts,
  bill: UsageMeter,
  signal: AbortSignal,
): Promise<string> {
  const transcripts = await unlessAborted(Promise.all(said.map(transcriptOf)), signal);
  await language.hear(transcripts);
  const content = instructionsOf({ said, style, history: known, tools: [], language });
  const asked = transcripts.map(
    ({ text }, n): ChatMessage => ({ role: 'user', name: said[n]?.name ?? '', content: text }),
  );
  const messages = [{ role: 'system', content } as const, ...known, ...asked];
  const counted = meteredChat(chat, (usage) => spent(usage, onUsage, bill));
  let text = '';
  bill.wanted();
  for await (const part of counted.reply(messages, [], signal)) {
    if (part.kind === 'text') text += part.text;
    if (text.length >= longestChars) break;
  }
  return text;
}

function spent(usage: Usage, onUsage: WrittenQuestion['onUsage'], bill: UsageMeter): void {
  bill.used(usage);
  onUsage?.(usage);
}

async function transcriptOf({ transcript }: TurnUtterance): Promise<Transcript> {
  try {
    return await transcript();
  } catch (error) {
    throw atStage('recognise', error);
  }
}

function orderFor(
  { guildId, known, payer, said }: WrittenQuestion,
  { style }: WrittenAnswerParts,
): AnswerRequest {
  return {
    ...answerRequestOf({ said, style, history: known, tools: [] }, guildId, 'answer in writing'),
    payer,
  };
}
