import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { meteredVoice } from '#src/speech/fallbacks/metered-voice.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import type { AnswerHost, Pipeline, ReplyPart, Turn } from './pipeline.ts';
import { type AnswerSound, answerSound, promptOf } from './prompt.ts';
import { ahead, type Bound, type BoundedQueue, speak } from './spoken.ts';
import { asideOf, ClauseWriter, type WrittenAnswerRequest, writeAnswer } from './written.ts';

export type ChainedParts = { readonly chat: ChatModel; readonly synthesizer: Synthesizer };

/** One piece of sound lies ready; the next comes when it is taken. Text never waits for the reader. */
export const replyAhead: Bound<ReplyPart> = {
  limit: 1,
  weigh: ({ kind }) => (kind === 'audio' ? 1 : 0),
};

/** Longest answer, in characters, so that a derailed model ends: about 18 minutes of speech. */
export const longestAnswerChars = 16_000;
/** Bounded by the length of the answer, so a clause never waits for a place. */
const clausesAhead: Bound<string> = { limit: longestAnswerChars, weigh: ({ length }) => length };

/**
 * Recognised words to a chat model, its words to speech, clause by clause while it is still writing.
 *
 * Reads ahead the whole text, and the sound of the clause being read and of two more; speech waits there for the reader.
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

/** Request for the text of an answer, paid by its host; undefined where no words were said. */
async function writingOf(chat: ChatModel, turn: Turn, host: AnswerHost, signal: AbortSignal) {
  const prompt = await promptOf(turn, signal);
  const { done, sent, tools } = turn;
  return prompt && { chat: meteredChat(chat, host.meter), prompt, tools, sent, done, host };
}

/** All text goes to the reader as it arrives, and in clauses to speech; a tool call ends a clause. */
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
    // Half a sentence of an answer that was cut is not spoken, if there is a whole one.
    if (!isCut || !hasSpoken) say(clauses.flush());
  } finally {
    const aside = asideOf(written);
    if (aside) queue.put(aside);
  }
}

/** Recognised words to a chat model, whose words stay text. Nothing is read ahead. */
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
