import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { meteredVoice } from '#src/speech/fallbacks/metered-voice.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import type { AnswerHost, Pipeline, ReplyPart, Turn } from './pipeline.ts';
import { type AnswerSound, answerSound, promptOf } from './prompt.ts';
import { ahead, type Bound, type BoundedQueue, speak } from './spoken.ts';
import { asideOf, ClauseWriter, type WrittenAnswerRequest, writeAnswer } from './written.ts';

export type ChainedParts = { readonly chat: ChatModel; readonly synthesizer: Synthesizer };

/** One piece of sound lies ready. Text never waits for the reader. */
export const replyAhead: Bound<ReplyPart> = {
  limit: 1,
  weigh: ({ kind }) => (kind === 'audio' ? 1 : 0),
};

/** A derailed model ends after about 18 minutes of speech. */
export const longestAnswerChars = 16_000;
/** The length of the answer is the bound, so a clause never waits. */
const clausesAhead: Bound<string> = { limit: longestAnswerChars, weigh: ({ length }) => length };

/**
 * Answers with a chat model on recognised words, whose text is spoken clause by clause while it is written.
 *
 * Reads ahead the whole text, and the sound of three clauses.
 *
 * @example
 * import { openStandIn } from '#src/chat/stand-in.ts';
 * import { chained } from '#src/pipeline/chained.ts';
 * import type { Synthesizer } from '#src/speech/ports.ts';
 *
 * declare const synthesizer: Synthesizer;
 * const chat = openStandIn({ wallMs: () => 0, random: () => 0, botName: 'Nova' });
 * chained({ chat, synthesizer });
 */
export function chained({ chat, synthesizer }: ChainedParts): Pipeline {
  const perform = async (
    turn: Turn,
    host: AnswerHost,
    queue: BoundedQueue<ReplyPart>,
    signal: AbortSignal,
  ) => {
    const writing = await writingOf(chat, turn, host, signal);
    if (!writing) return;
    const { voice, asides } = answerSound(turn);
    const clauses = ahead<string>(
      clausesAhead,
      (spoken, inner) => write(writing, queue, { asides, spoken }, inner),
      signal,
    );
    const counted = meteredVoice(synthesizer, host.meter);
    await speak(clauses, { synthesizer: counted, voice }, queue, signal);
  };
  return {
    answer: (turn, host, signal) =>
      ahead<ReplyPart>(replyAhead, (queue, inner) => perform(turn, host, queue, inner), signal),
  };
}

async function writingOf(chat: ChatModel, turn: Turn, host: AnswerHost, signal: AbortSignal) {
  const prompt = await promptOf(turn, signal);
  const { done, sent, tools } = turn;
  return prompt && { chat: meteredChat(chat, host.meter), prompt, tools, sent, done, host };
}

async function write(
  writing: WrittenAnswerRequest,
  queue: BoundedQueue<ReplyPart>,
  { spoken, asides }: Pick<AnswerSound, 'asides'> & { readonly spoken: BoundedQueue<string> },
  signal: AbortSignal,
) {
  const clauses = new ClauseWriter(asides);
  const say = (some: readonly string[]) => {
    for (const clause of some) spoken.put(clause);
  };
  let written = '';
  let isCut = false;
  let hasSpoken = false;
  try {
    for await (const part of writeAnswer(writing, signal)) {
      queue.put(part);
      isCut ||= part.kind === 'cut';
      if (part.kind === 'tool') say(clauses.flush());
      if (part.kind !== 'text') continue;
      const ready = clauses.push(part.text);
      hasSpoken ||= ready.length > 0;
      say(ready);
      written += part.text;
      if (written.length >= longestAnswerChars) break;
    }
    // Half a sentence of a cut answer is not spoken if there is a whole one.
    if (!isCut || !hasSpoken) say(clauses.flush());
  } finally {
    const aside = asideOf(written);
    if (aside) queue.put(aside);
  }
}

/** Answers in text only. Nothing is read ahead. */
export function textOnly(chat: ChatModel): Pipeline {
  async function* answer(
    turn: Turn,
    host: AnswerHost,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyPart> {
    const writing = await writingOf(chat, turn, host, signal);
    if (!writing) return;
    let length = 0;
    for await (const part of writeAnswer(writing, signal)) {
      yield part;
      if (part.kind === 'text') length += part.text.length;
      if (length >= longestAnswerChars) return;
    }
  }
  return { answer };
}
