import { withTimeout } from '#src/base/bounded-wait.ts';
import { addFailureStage, BotError, createEmptyAnswerError } from '#src/base/errors.ts';
import { holdStream } from '#src/base/hold-stream.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Usage } from '#src/chat/chat-model.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type {
  FailedStream,
  OpenStream,
} from '#src/features/contract/http-api-ports.ts';
import { toFailureLine } from '#src/notices/channel-notices.ts';
import { type Origin, Owned } from '#src/people/owned.ts';
import type { ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import {
  type PaidPipeline,
  type ReplyHost,
  silentHost,
} from '#src/spending/paid-engine.ts';
import { toAnswerRequest } from '#src/spending/reservation.ts';
import type { WrittenTools } from './written-tools.ts';

/** A question whose answer is not spoken in a channel. */
export type UnspokenQuestion = {
  readonly guildId: GuildId;
  /** As far as it is known when money is set aside. */
  readonly turn: Turn;
  /** Makes the whole turn once money is set aside. Default: `turn`. */
  readonly ready?: () => Promise<Turn>;
  /** Default: the last speaker. */
  readonly askerId?: PersonId;
  readonly pipeline: PaidPipeline;
  readonly isWritten: boolean;
  readonly tools?: WrittenTools;
};

/** A question with the owner and sources of the words that its answer may repeat. */
export type OwnedQuestion = UnspokenQuestion & { readonly origin: Origin };

/** One message holds no more. */
const maxAnswerChars = 4_000;

/** Opens a paid answer. The parts throw errors of the pipeline. */
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
  { spending }: Deps<'spending'>,
  signal: AbortSignal,
  onUsage: (usage: Usage) => void = () => undefined,
): OpenStream<ReplyPart> | FailedStream {
  const kind = isWritten ? 'answer in writing' : 'answer in a file';
  const opened = spending.open(toAnswerRequest(turn, guildId, kind, askerId));
  if (opened.kind === 'refused') return { kind: 'failed', line: opened.line };
  const reservation = opened.reservation.watchUsage(onUsage);
  const host: ReplyHost = tools
    ? { ...silentHost, run: (call, until) => tools.callTool(call, until) }
    : silentHost;
  async function* readParts() {
    reservation.markWanted();
    yield* pipeline.withReservation(reservation).answer(await ready(), host, signal);
  }
  return { kind: 'open', parts: holdStream(readParts(), reservation, signal) };
}

/**
 * Collects an answer, or reports a failure and returns its line. Abort `signal`
 * afterwards.
 */
export async function answerUnspoken(
  question: OwnedQuestion,
  deps: Deps<'clock' | 'onEvent' | 'spending'>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AskOutcome> {
  const createLateError = () =>
    new BotError(
      'provider.late',
      true,
      `An answer took longer than ${Math.round(timeoutMs / 1000)} s.`,
    );
  try {
    const opened = openUnspokenAnswer(question, deps, signal);
    if (opened.kind === 'failed') return opened;
    const text = await withTimeout(
      collectText(opened.parts),
      timeoutMs,
      deps.clock,
      createLateError,
    );
    return toAskOutcome(text.trim(), question);
  } catch (error) {
    const failure = addFailureStage('think', error);
    if (signal.aborted || !(failure instanceof BotError)) throw error;
    deps.onEvent(question.guildId, toFailureEvent(failure, 'think'));
    return { kind: 'failed', line: toFailureLine(failure) };
  }
}

async function collectText(parts: AsyncIterable<ReplyPart>) {
  let text = '';
  for await (const part of parts) {
    if (part.kind === 'text') text += part.text;
    if (text.length >= maxAnswerChars) break;
  }
  return text;
}

function toAskOutcome(text: string, { origin, tools }: OwnedQuestion): AskOutcome {
  if (text === '') throw createEmptyAnswerError();
  const answer = new Owned(
    text,
    tools?.owner ?? origin.owner,
    tools?.sources ?? origin.sources,
  );
  const isTold = tools?.isTold(text) || undefined;
  return {
    kind: 'answered',
    text: answer,
    isTold,
    confirmation: tools?.openConfirmation(),
  };
}
