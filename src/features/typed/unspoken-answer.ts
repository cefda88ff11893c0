import { atStage, BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import type { Usage } from '#src/chat/ports.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { FailedStream, OpenStream } from '#src/features/contract/http-api-ports.ts';
import { failureText } from '#src/notices/notice.ts';
import { ConfidentialText, privateTo, type TextOwner } from '#src/people/confidential-text.ts';
import type { ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import { failureEventOf, saidNothing } from '#src/ports/failure-event.ts';
import { type PaidPipeline, type ReplyHost, silentHost } from '#src/spending/paid-engine.ts';
import { answerRequestOf } from '#src/spending/reservation.ts';
import { heldStream } from './held-stream.ts';
import type { WrittenTools } from './written-tools.ts';

/** A question whose answer no channel plays. */
export type UnspokenQuestion = {
  readonly guildId: GuildId;
  /** As far as it is known when money is set aside. */
  readonly turn: Turn;
  /** Makes the whole turn, once money is set aside; absent: it is known. */
  readonly ready?: () => Promise<Turn>;
  /** Who pays; absent: the last who spoke. */
  readonly askerId?: PersonId;
  readonly pipeline: PaidPipeline;
  /** Its words are not spoken. */
  readonly isWritten: boolean;
  /** Run the calls of the answer; absent: there are none. */
  readonly tools?: WrittenTools;
};

/** A question to which one message is the answer. */
export type OwnedQuestion = UnspokenQuestion & {
  /** Owner of the words that it is made of. */
  readonly owner: TextOwner;
};

/** Longest answer in writing, in characters: more than one message holds is not awaited. */
const longestChars = 4_000;

/**
 * Has a pipeline answer, if there is money for it. `onUsage` gets the usage of its model.
 *
 * Reading the parts throws what `Pipeline.answer` throws. Aborting `signal` throws `signal.reason`.
 */
export function openUnspokenAnswer(
  {
    askerId,
    guildId,
    turn,
    ready = async () => turn,
    pipeline,
    isWritten,
    tools,
  }: UnspokenQuestion,
  { spending }: SessionDependencies,
  signal: AbortSignal,
  onUsage: (usage: Usage) => void = () => undefined,
): OpenStream<ReplyPart> | FailedStream {
  const kind = isWritten ? 'answer in writing' : 'answer in a file';
  const opened = spending.open(answerRequestOf(turn, guildId, kind, askerId));
  if (opened.kind === 'refused') return { kind: 'failed', line: opened.line };
  const reservation = opened.reservation.watched(onUsage);
  const host: ReplyHost = tools
    ? { ...silentHost, run: (call, until) => tools.run(call, until) }
    : silentHost;
  async function* read(): AsyncGenerator<ReplyPart> {
    reservation.wanted();
    yield* pipeline.paidBy(reservation).answer(await ready(), host, signal);
  }
  return { kind: 'open', parts: heldStream(read(), reservation, signal) };
}

/**
 * Answers in writing within `ms`.
 *
 * A failure outside is reported to the operator and returned as a line; anything else is a bug. Aborting `signal`
 * throws `signal.reason`; the caller aborts it when the answer is there, for what goes on.
 */
export async function answerUnspoken(
  asked: OwnedQuestion,
  parts: SessionDependencies,
  ms: number,
  signal: AbortSignal,
): Promise<AskOutcome> {
  const late = () =>
    new BotError('provider.late', true, `An answer took longer than ${Math.round(ms / 1000)} s.`);
  try {
    const opened = openUnspokenAnswer(asked, parts, signal);
    if (opened.kind === 'failed') return opened;
    const words = await within(collectText(opened.parts), ms, parts.clock, late);
    return outcomeOf(words.trim(), asked);
  } catch (error) {
    const failure = atStage('think', error);
    if (signal.aborted || !(failure instanceof BotError)) throw error;
    parts.onEvent(asked.guildId, failureEventOf(failure, 'think'));
    return { kind: 'failed', line: failureText(failure) };
  }
}

async function collectText(parts: AsyncIterable<ReplyPart>): Promise<string> {
  let text = '';
  for await (const part of parts) {
    if (part.kind === 'text') text += part.text;
    if (text.length >= longestChars) break;
  }
  return text;
}

/** Errors: BotError `provider.empty`. */
function outcomeOf(words: string, { owner, tools, turn }: OwnedQuestion): AskOutcome {
  if (words === '') throw saidNothing();
  const onlyFor = turn.said[0]?.speakerId ?? '';
  const text = new ConfidentialText(words, tools?.isPrivate ? privateTo(onlyFor, owner) : owner);
  return { kind: 'answered', text, confirmation: tools?.awaitPress() };
}
