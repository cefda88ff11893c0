import type { FoundLine } from '#src/captions/transcript-store.ts';
import { dataWords } from './data-block.ts';
import type { ModelPrompt } from './model-prompt.ts';
import { linesAreData, type NumberedLines, wallMsOf } from './numbered-lines.ts';
import { numbersIn } from './numbers-in-reply.ts';

/** Lines that an answer quotes at most. */
const mostCited = 5;

const task =
  'You look for the lines of a transcript that answer a question. Reply with numbers only: those of at most ' +
  `${mostCited} lines that answer it, as in [3] [7]. If no line answers it, reply [0]. Write no other word.`;

/** Asks which of these lines answer a question. */
export function citedAnswerPrompt(question: string, { block }: NumberedLines): ModelPrompt {
  return { system: `${task}\n${linesAreData}`, user: `${block}\nQuestion: ${dataWords(question)}` };
}

/**
 * The lines whose numbers a reply gives, in order of speech, at most five; undefined where it gives none. Whatever a reply
 * says, nothing comes of it but lines that were asked about.
 */
export function citedLines(
  reply: string,
  { byNumber }: NumberedLines,
): readonly FoundLine[] | undefined {
  const cited = numbersIn(reply).flatMap((number) => byNumber.get(number) ?? []);
  if (cited.length === 0) return undefined;
  return cited.slice(0, mostCited).toSorted((a, b) => wallMsOf(a) - wallMsOf(b));
}
