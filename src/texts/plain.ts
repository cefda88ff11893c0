import type { TextValues } from './texts.ts';

/** Longest message that Discord accepts: https://docs.discord.com/developers/resources/message#create-message */
export const maxMessageChars = 2_000;

/** Removes from foreign words all means of passing for something else: hidden characters and `@everyone`. */
export function harmless(words: string): string {
  return harmlessUncut(cut(words, maxMessageChars));
}

/** Works like `harmless`, without a limit of length. */
export function harmlessUncut(words: string): string {
  return words.replace(unseen, '').replace(piled, '$1').replace(everybody, '@\u200b$1');
}

export function oneLine(words: string): string {
  return words.replace(/[\n\v\f\r\u0085\u2028\u2029]+/g, ' ');
}

/**
 * Prepares words for a message in which markdown works: masked links show their address, and mentions stay plain
 * text.
 */
export function posted(words: string): string {
  return harmless(words)
    .replace(
      /<(?=@[!&]?\d|#\d|\/[^>\n]{1,120}:\d|id:|a?:\w{1,40}:\d|t:(?!\d{10}:[ft]>)-?\d)/g,
      '< ',
    )
    .replace(/\]\(/g, '] (');
}

/**
 * A timestamp alone, which Discord shows each reader in their own time zone:
 * https://docs.discord.com/developers/reference#message-formatting
 */
const instant = /^<t:\d{10}:[ft]>$/;

/**
 * Shows foreign words exactly as typed: markdown is escaped, addresses stay whole.
 *
 * @example
 * import { plain } from '#src/texts/plain.ts';
 *
 * plain('**hi** @everyone'); // '\\*\\*hi\\*\\* @\u200beveryone'
 */
export function plain(words: string): string {
  if (instant.test(words)) return words;
  return harmless(words)
    .split(address)
    .map((part, n) => (n % 2 === 0 ? escaped(part) : part))
    .join('');
}

export function plainWords(words: TextValues): TextValues {
  const each = Object.entries(words).map(([key, word]) => {
    return [key, typeof word === 'string' ? plain(word) : word] as const;
  });
  return Object.fromEntries(each);
}

const ids = /(?<!\d)\d{15,21}(?!\d)/g;

/**
 * Words whose ids become mentions, which Discord shows as names: `#` for channels, `@&` for roles, `@` for people.
 */
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

export function cut(words: string, maxChars: number): string {
  return words.length <= maxChars ? words : `${firstChars(words, maxChars - 1)}\u2026`;
}

/** Never returns half a surrogate pair. */
export function firstChars(words: string, maxChars: number): string {
  const last = words.charCodeAt(maxChars - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff && words.length > maxChars;
  return words.slice(0, isHalf ? maxChars - 1 : maxChars);
}

/** Control characters except line breaks, changes of writing direction, and spaces without width. */
const unseen =
  /[^\P{Cc}\n]|[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const piled = /(\p{M}{4})\p{M}+/gu;
const everybody = /@(everyone|here)/gi;
/** Splitting words by this expression puts addresses at odd indices. */
const address = /(https?:\/\/[^\s<>[\]`*|\\]+)/;

function escaped(words: string): string {
  return escapedInside(words).replace(/^([^\S\n\r\u2028\u2029]*)([#>+-])/gm, '$1\\$2');
}

/** Escapes markdown in words that do not begin a line, addresses included. */
export function escapedInside(words: string): string {
  return words.replace(/[\\*_~`|[\]<]/g, '\\$&');
}
