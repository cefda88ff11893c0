import type { TextValues } from './texts.ts';

/** Longest message that Discord accepts: https://docs.discord.com/developers/resources/message#create-message */
export const maxMessageChars = 2_000;

/** Removes hidden characters and `@everyone` from foreign words. */
export function toHarmlessText(words: string): string {
  return removeHiddenCharacters(truncate(words, maxMessageChars));
}

/** Does the same as `toHarmlessText`, without a limit of length. */
export function removeHiddenCharacters(words: string): string {
  return words
    .replace(invisibleCharacters, '')
    .replace(stackedMarks, '$1')
    .replace(everybodyMentions, '@\u200b$1');
}

export function toOneLine(words: string): string {
  return words.replace(/[\n\v\f\r\u0085\u2028\u2029]+/g, ' ');
}

/** Shows addresses of masked links, and mentions as plain text. */
export function toPostedText(words: string): string {
  return toHarmlessText(words)
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
const timestampMark = /^<t:\d{10}:[ft]>$/;

/**
 * Shows foreign words exactly as typed: markdown is escaped, addresses stay whole.
 *
 * @example
 * import { escapeMarkdown } from '#src/texts/plain-text.ts';
 *
 * escapeMarkdown('**hi** @everyone'); // '\\*\\*hi\\*\\* @\u200beveryone'
 */
export function escapeMarkdown(words: string): string {
  if (timestampMark.test(words)) return words;
  return toHarmlessText(words)
    .split(webAddress)
    .map((part, n) => (n % 2 === 0 ? escapeMarkdownLines(part) : part))
    .join('');
}

export function escapeTextValues(words: TextValues): TextValues {
  const each = Object.entries(words).map(([key, word]) => {
    return [key, typeof word === 'string' ? escapeMarkdown(word) : word] as const;
  });
  return Object.fromEntries(each);
}

const discordIds = /(?<!\d)\d{15,21}(?!\d)/g;

/** Ids become mentions: `#` for channels, `@&` for roles, `@` for people. */
export class Mentions {
  readonly #words;
  readonly #mark;

  constructor(words: string, mark: '#' | '@&' | '@') {
    this.#words = words;
    this.#mark = mark;
  }

  toString(): string {
    return escapeMarkdown(this.#words).replace(discordIds, `<${this.#mark}$&>`);
  }
}

export function truncate(words: string, maxChars: number): string {
  return words.length <= maxChars
    ? words
    : `${takeFirstChars(words, maxChars - 1)}\u2026`;
}

/** Cuts a text, but through no surrogate pair. */
export function takeFirstChars(words: string, maxChars: number): string {
  const last = words.charCodeAt(maxChars - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff && words.length > maxChars;
  return words.slice(0, isHalf ? maxChars - 1 : maxChars);
}

/** Control characters except line breaks, changes of writing direction, and spaces without width. */
const invisibleCharacters =
  /[^\P{Cc}\n]|[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const stackedMarks = /(\p{M}{4})\p{M}+/gu;
const everybodyMentions = /@(everyone|here)/gi;
/** Splitting words by this expression puts addresses at odd indices. */
const webAddress = /(https?:\/\/[^\s<>[\]`*|\\]+)/;

function escapeMarkdownLines(words: string) {
  return escapeInlineMarkdown(words).replace(
    /^([^\S\n\r\u2028\u2029]*)([#>+-])/gm,
    '$1\\$2',
  );
}

/** Escapes markdown in words that do not begin a line, addresses included. */
export function escapeInlineMarkdown(words: string): string {
  return words.replace(/[\\*_~`|[\]<]/g, '\\$&');
}
