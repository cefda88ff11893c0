import type { ChatModel } from '#src/chat/chat-model.ts';
import { withMeter } from '#src/chat/metered-chat.ts';
import { withVoiceMeter } from '#src/speech/fallbacks/metered-voice.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import type { AnswerHost, Pipeline, ReplyPart, Turn } from './pipeline.ts';
import { type AnswerSound, chooseAnswerSound, createPrompt } from './prompt.ts';
import {
  type BoundedQueue,
  type QueueBound,
  runAhead,
  speakClauses,
} from './read-ahead-speech.ts';
import { withWordsJudge } from './words-judge.ts';
import {
  createClauseWriter,
  findAside,
  type WrittenAnswerRequest,
  writeAnswer,
} from './written-answer.ts';

/** One piece of sound lies ready. Text never waits for the reader. */
const replyBound: QueueBound<ReplyPart> = {
  limit: 1,
  weigh: ({ kind }) => (kind === 'audio' ? 1 : 0),
};

/** A derailed model ends after about 18 minutes of speech. */
export const maxAnswerChars = 16_000;
/** The length of the answer is the bound, so a clause never waits. */
const clauseBound: QueueBound<string> = {
  limit: maxAnswerChars,
  weigh: ({ length }) => length,
};

/**
 * Answers with a chat model on recognised words, whose text is spoken clause by clause while it is written.
 *
 * Reads ahead the whole text, and the sound of three clauses.
 *
 * @example
 * import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
 * import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
 * import type { Synthesizer } from '#src/speech/speech-engine.ts';
 *
 * declare const synthesizer: Synthesizer;
 * const chat = createStandIn({ wallMs: () => 0, random: () => 0, botName: 'Nova' });
 * createChainedPipeline({ chat, synthesizer });
 */
export function createChainedPipeline({
  chat,
  synthesizer,
}: {
  readonly chat: ChatModel;
  readonly synthesizer: Synthesizer;
}): Pipeline {
  return createReadAheadPipeline(async (turn, host, queue, signal) => {
    const request = await createWrittenRequest(chat, turn, host, signal);
    if (!request) return;
    const writing = {
      ...request,
      chat: withWordsJudge(request.chat, host.wordsJudge),
    };
    const { voice, asideNotice } = chooseAnswerSound(turn);
    const clauses = runAhead<string>(
      clauseBound,
      (spoken, inner) => writeClauses(writing, queue, { asideNotice, spoken }, inner),
      signal,
    );
    const counted = withVoiceMeter(synthesizer, host.meter);
    await speakClauses(clauses, { synthesizer: counted, voice }, queue, signal);
  });
}

/** Creates a pipeline that puts the parts of a reply into a queue, ahead of its reader. */
export function createReadAheadPipeline(
  answerTurn: (
    turn: Turn,
    host: AnswerHost,
    queue: BoundedQueue<ReplyPart>,
    signal: AbortSignal,
  ) => Promise<void>,
): Pipeline {
  return {
    answer: (turn, host, signal) =>
      runAhead(
        replyBound,
        (queue, inner) => answerTurn(turn, host, queue, inner),
        signal,
      ),
  };
}

async function createWrittenRequest(
  chat: ChatModel,
  turn: Turn,
  host: AnswerHost,
  signal: AbortSignal,
) {
  const prompt = await createPrompt(turn, signal);
  const { done, sent, tools } = turn;
  return (
    prompt && { chat: withMeter(chat, host.meter), prompt, tools, sent, done, host }
  );
}

async function writeClauses(
  writing: WrittenAnswerRequest,
  queue: BoundedQueue<ReplyPart>,
  {
    spoken,
    asideNotice,
  }: Pick<AnswerSound, 'asideNotice'> & { readonly spoken: BoundedQueue<string> },
  signal: AbortSignal,
) {
  const clauses = createClauseWriter(asideNotice);
  const putClauses = (some: readonly string[]) => {
    for (const clause of some) spoken.put(clause);
  };
  let written = '';
  let isCut = false;
  let hasSpoken = false;
  try {
    for await (const part of writeAnswer(writing, signal)) {
      queue.put(part);
      isCut ||= part.kind === 'cut';
      if (part.kind === 'tool') putClauses(clauses.flush());
      if (part.kind !== 'text') continue;
      const ready = clauses.push(part.text);
      hasSpoken ||= ready.length > 0;
      putClauses(ready);
      written += part.text;
      if (written.length >= maxAnswerChars) break;
    }
    // Half a sentence of a cut answer is not spoken after a whole one.
    if (!isCut || !hasSpoken) putClauses(clauses.flush());
  } finally {
    const aside = findAside(written);
    if (aside) queue.put(aside);
  }
}

/** Answers in text only. Nothing is read ahead. */
export function createTextPipeline(chat: ChatModel): Pipeline {
  async function* answer(turn: Turn, host: AnswerHost, signal: AbortSignal) {
    const writing = await createWrittenRequest(chat, turn, host, signal);
    if (!writing) return;
    let length = 0;
    for await (const part of writeAnswer(writing, signal)) {
      yield part;
      if (part.kind === 'text') length += part.text.length;
      if (length >= maxAnswerChars) return;
    }
  }
  return { answer };
}
