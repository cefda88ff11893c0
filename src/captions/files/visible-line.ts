import { oneLine } from '#src/texts/plain.ts';

/**
 * Words of people and models on one line, without anything that is not seen but changes what is: control characters,
 * changes of writing direction, spaces without width. Everything seen stays as it is, `@everyone` and markdown too.
 */
export function visibleLine(words: string): string {
  return oneLine(words.toWellFormed())
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(unseen, '')
    .replace(piled, '$1')
    .trim();
}

const unseen =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
/** More marks on one letter than any script stacks. */
const piled = /(\p{M}{4})\p{M}+/gu;
