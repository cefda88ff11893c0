import type { TextValues } from './texts.ts';

/** Longest message Discord takes. */
export const maxMessageChars = 2_000;

/** Words of people and models with the means taken out by which they could pass for something else. */
export function harmless(words: string): string {
  return harmlessUncut(cut(words, maxMessageChars));
}

/** Escapes words like `harmless`, of any length. */
export function harmlessUncut(words: string): string {
  return words.replace(unseen, '').replace(piled, '$1').replace(everybody, '@\u200b$1');
}

/** Words on one line: a line break of any kind shows as a space. */
export function oneLine(words: string): string {
  return words.replace(/[\n\v\f\r\u0085\u2028\u2029]+/g, ' ');
}

/**
 * Escapes words like `harmless`, but masked links show their address and mentions stay plain text; other markdown works. A time
 * that Discord shows each reader in their own zone stays one.
 */
export function posted(words: string): string {
  return harmless(words)
    .replace(
      /<(?=@[!&]?\d|#\d|\/[^>\n]{1,120}:\d|id:|a?:\w{1,40}:\d|t:(?!\d{10}:[ft]>)-?\d)/g,
      '< ',
    )
    .replace(/\]\(/g, '] (');
}

/** A time alone, which Discord shows each reader in their own zone. */
const instant = /^<t:\d{10}:[ft]>$/;

/** Escapes words like `harmless`, and shows markdown as typed; addresses, and a time alone, stay whole. */
export function plain(words: string): string {
  if (instant.test(words)) return words;
  return harmless(words)
    .split(address)
    .map((part, n) => (n % 2 === 0 ? escaped(part) : part))
    .join('');
}

/** All words of a sentence as `plain`. */
export function plainWords(words: TextValues): TextValues {
  const each = Object.entries(words).map(([key, word]) => {
    return [key, typeof word === 'string' ? plain(word) : word] as const;
  });
  return Object.fromEntries(each);
}

/** Ids as Discord writes them. */
const ids = /(?<!\d)\d{15,21}(?!\d)/g;

/** Words as `plain`, but their ids stand as mentions, which Discord shows as names: `#` of channels, `@&` of roles, `@` of people. */
export class Mentions {
  readonly #words;
  readonly #mark;

  constructor(words: string, mark: '#' | '@&' | '@') {
    this.#words = words;
    this.#mark = mark;
  }

  toString(): string {
    return plain(this.#words).replace(ids, `<${this.#mark}$&>`);
  }
}

/** The beginning of `words`, whole characters only; a cut shows as `...`. */
export function cut(words: string, maxChars: number): string {
  return words.length <= maxChars ? words : `${firstChars(words, maxChars - 1)}\u2026`;
}

/** First `maxChars` at most, never half a surrogate pair. */
export function firstChars(words: string, maxChars: number): string {
  const last = words.charCodeAt(maxChars - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff && words.length > maxChars;
  return words.slice(0, isHalf ? maxChars - 1 : maxChars);
}

/** Control characters but the line break, changes of writing direction, and spaces without width. */
const unseen =
  /[^\P{Cc}\n]|[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
/** Marks on one letter beyond those of any script. */
const piled = /(\p{M}{4})\p{M}+/gu;
const everybody = /@(everyone|here)/gi;
/** An address; splitting words by it puts addresses at odd places. */
const address = /(https?:\/\/[^\s<>[\]`*|\\]+)/;

function escaped(words: string): string {
  return escapedInside(words).replace(/^([^\S\n\r\u2028\u2029]*)([#>+-])/gm, '$1\\$2');
}

/** Markdown shown instead of obeyed, in words that do not begin a line; addresses are not spared. */
export function escapedInside(words: string): string {
  return words.replace(/[\\*_~`|[\]<]/g, '\\$&');
}
