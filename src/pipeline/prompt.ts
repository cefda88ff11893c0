import { atStage } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import { languageOrder } from './answer-language.ts';
import type { ReplyStyle, Turn } from './pipeline.ts';

const byName =
  'Several people are waiting for answers: begin with the name of whoever you answer now and what it is about, as in "Ben, for Lima: ...".';

/**
 * Messages of a turn for the chat model, once every utterance is recognised; undefined when it has no words.
 *
 * Errors: the recogniser's. Aborting `signal` throws `signal.reason`.
 */
export async function promptOf(
  turn: Turn,
  signal: AbortSignal,
): Promise<readonly ChatMessage[] | undefined> {
  const { said } = turn;
  const heard = await unlessAborted(
    Promise.all(said.map(({ transcript }) => transcript())),
    signal,
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    throw atStage('recognise', error);
  });
  const words = heard.flatMap(({ text }, n): readonly ChatMessage[] => {
    const content = text.trim();
    return content === '' ? [] : [{ role: 'user', name: said[n]?.name ?? '', content }];
  });
  if (words.length === 0) return undefined;
  if (turn.language) await turn.language.hear(heard);
  return [...promptHead(turn), ...words];
}

/** Messages before the newest words: instructions, history, and the context as a message without a speaker. */
export function promptHead(turn: Turn): readonly ChatMessage[] {
  const { history, context } = turn;
  const shown: readonly ChatMessage[] =
    context === undefined ? [] : [{ role: 'user', name: '', content: context }];
  return [{ role: 'system', content: instructionsOf(turn) }, ...history, ...shown];
}

/** A reply style that asks for the name first: a person's chosen name is no instruction, so the model has it with their words. */
export function namingStyle(style: ReplyStyle): ReplyStyle {
  return { ...style, instructions: `${style.instructions} ${byName}` };
}

/** Instructions with the language of the answer. */
function instructionsOf({ style, language }: Turn): string {
  return `${style.instructions}${languageOrder(language)}`;
}
