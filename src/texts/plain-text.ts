import type { TextValues } from './texts.ts';

/** Longest message that Discord accepts: https://docs.discord.com/developers/resources/message#create-message */
export const maxMessageChars = 2_000;

/** Removes hidden characters and `@everyone` from foreign words. */
export function toHarmlessText(text: string): string {
  return removeHiddenCharacters(truncate(text, maxMessageChars));
}

/** Does the same as `toHarmlessText`, without a limit of length. */
export function removeHiddenCharacters(text: string): string {
  return text
    .replace(invisibleCharacters, '')
    .replace(stackedMarks, '$1')
    .replace(everybodyMentions, '@\u200b$1');
}

/** Replaces line breaks by spaces. */
export function toOneLine(text: string): string {
  return text.replace(/[\n\v\f\r\u0085\u2028\u2029]+/g, ' ');
}

/** Shows addresses of masked links, and mentions as plain text. */
export function toPostedText(text: string): string {
  return toHarmlessText(text)
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
export function escapeMarkdown(text: string): string {
  if (timestampMark.test(text)) return text;
  return toHarmlessText(text)
    .split(webAddress)
    .map((part, n) => (n % 2 === 0 ? escapeMarkdownLines(part) : part))
    .join('');
}

/** Escapes the texts among the values. Numbers and mentions stay. */
export function escapeTextValues(values: TextValues): TextValues {
  const escaped = Object.entries(values).map(([key, value]) => {
    return [key, typeof value === 'string' ? escapeMarkdown(value) : value] as const;
  });
  return Object.fromEntries(escaped);
}

const discordIds = /(?<!\d)\d{15,21}(?!\d)/g;

/** Ids become mentions: `#` for channels, `@&` for roles, `@` for people. */
export class Mentions {
  readonly #text: string;
  readonly #mark: '#' | '@&' | '@';

  constructor(text: string, mark: '#' | '@&' | '@') {
    this.#text = text;
    this.#mark = mark;
  }

  /** Formats the text for a message, with markdown escaped. */
  toString(): string {
    return escapeMarkdown(this.#text).replace(discordIds, `<${this.#mark}$&>`);
  }
}

/** Cuts a text to `maxChars` with an ellipsis at the end. */
export function truncate(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${takeFirstChars(text, maxChars - 1)}\u2026`;
}

/** Cuts a text, but through no surrogate pair. */
export function takeFirstChars(text: string, maxChars: number): string {
  const lastUnit = text.charCodeAt(maxChars - 1);
  const isHalf = lastUnit >= 0xd800 && lastUnit <= 0xdbff && text.length > maxChars;
  return text.slice(0, isHalf ? maxChars - 1 : maxChars);
}

/** Control characters except line breaks, changes of writing direction, and spaces without width. */
const invisibleCharacters =
  /[^\P{Cc}\n]|[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const stackedMarks = /(\p{M}{4})\p{M}+/gu;
const everybodyMentions = /@(everyone|here)/gi;
/** Splitting words by this expression puts addresses at odd indices. */
const webAddress = /(https?:\/\/[^\s<>[\]`*|\\]+)/;

function escapeMarkdownLines(text: string) {
  return escapeInlineMarkdown(text).replace(
    /^([^\S\n\r\u2028\u2029]*)([#>+-])/gm,
    '$1\\$2',
  );
}

/** Escapes markdown in words that do not begin a line, addresses included. */
export function escapeInlineMarkdown(text: string): string {
  return text.replace(/[\\*_~`|[\]<]/g, '\\$&');
}

/**
 * Puts foreign words on one line without hidden characters. Markdown and `@everyone` stay. Returns
 * an empty text if nothing visible is left.
 */
export function toVisibleLine(text: string): string {
  const visibleText = toOneLine(text.toWellFormed())
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(hiddenCharacters, '')
    .replace(invisibleMarks, '')
    .replace(stackedMarks, '$1')
    .trim();
  return visibleCharacters.test(visibleText) ? visibleText : '';
}

const hiddenCharacters =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const invisibleMarks = /[\u034f\u17b4\u17b5]/g;
const visibleCharacters = /[\p{L}\p{N}\p{P}\p{S}]/u;
