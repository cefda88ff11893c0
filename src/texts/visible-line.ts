import { oneLine } from './plain.ts';

/**
 * Words of people and models on one line, without anything that is not seen but changes what is: control characters,
 * changes of writing direction, spaces without width. Everything seen stays as it is, `@everyone` and markdown too; empty where
 * nothing is seen.
 */
export function visibleLine(words: string): string {
  const line = oneLine(words.toWellFormed())
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(unseen, '')
    .replace(unseenMarks, '')
    .replace(piled, '$1')
    .trim();
  return seen.test(line) ? line : '';
}

const unseen =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
/** Joiners and vowel signs without any ink. */
const unseenMarks = /[\u034f\u17b4\u17b5]/g;
const seen = /[\p{L}\p{N}\p{P}\p{S}]/u;
/** More marks on one letter than any script stacks. */
const piled = /(\p{M}{4})\p{M}+/gu;
