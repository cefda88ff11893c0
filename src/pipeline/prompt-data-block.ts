import { cut } from '#src/texts/plain.ts';
import { visibleLine } from '#src/texts/visible-line.ts';

/** Longest words of one line that a model is shown, in characters. */
const maxWordsChars = 600;

/** A block of lines that are data; no line can end it, since none holds an angle bracket. */
export function dataBlock(tag: string, lines: readonly string[]): string {
  return `<${tag}>\n${lines.join('\n')}\n</${tag}>`;
}

/**
 * Words of people on one line, without the characters by which a line of data is told from another one and from the end
 * of its block.
 */
export function dataWords(words: string): string {
  return cut(visibleLine(words), maxWordsChars)
    .replace(/[<\uff1c\u276e\u3008\u2039]/g, '(')
    .replace(/[>\uff1e\u276f\u3009\u203a]/g, ')')
    .replace(/[[\uff3b\u3010\u3014\u27e6]/g, '(')
    .replace(/[\]\uff3d\u3011\u3015\u27e7]/g, ')');
}

/** One request to a chat model: what it is to do, and the words it is to do it with. */
export type ModelPrompt = { readonly system: string; readonly user: string };
