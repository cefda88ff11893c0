import { toOneLine } from './plain-text.ts';

/**
 * Puts foreign words on one line without hidden characters. Markdown and `@everyone` stay. Returns
 * an empty text if nothing visible is left.
 */
export function toVisibleLine(text: string): string {
  const visibleText = toOneLine(text.toWellFormed())
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(invisibleCharacters, '')
    .replace(invisibleMarks, '')
    .replace(stackedMarks, '$1')
    .trim();
  return visibleCharacters.test(visibleText) ? visibleText : '';
}

const invisibleCharacters =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const invisibleMarks = /[\u034f\u17b4\u17b5]/g;
const visibleCharacters = /[\p{L}\p{N}\p{P}\p{S}]/u;
const stackedMarks = /(\p{M}{4})\p{M}+/gu;
