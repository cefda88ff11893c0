/** A step of making text speakable: a pattern, and its replacement. */
type SpeakableRule = readonly [find: RegExp, keep: string];

/** In this order: a link's text may hold emphasis, a code block may look like anything. */
const steps: readonly SpeakableRule[] = [
  [/\r\n?/g, '\n'],
  // A fenced block, closed or not.
  [/```[\s\S]*?(?:```|$)/g, ' '],
  // Inline code that reads like words, then all other code.
  [/`([\p{L}\p{N} ._-]+)`/gu, '$1'],
  [/`[^`\n]*`/g, ' '],
  // An image, a link and its text, Discord's and HTML's tags, and bare addresses.
  [/!\[[^[\]\n]*\]\((?:[^()\n]|\([^()\n]*\))*\)/g, ' '],
  [/\[([^[\]\n]*)\]\((?:[^()\n]|\([^()\n]*\))*\)/g, '$1'],
  [
    /<(?:a?:\w+:\d+|[@#][&!]?\d+|t:\d+(?::\w)?|https?:[^<>\s]*|\/?[a-zA-Z][^<>\n]*|!--[^<>]*--)>/g,
    ' ',
  ],
  [
    /\b(?:https?:\/\/|www\.)[^\s\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a\u300d\u300f\uff09\u3011]*[\p{L}\p{N}/]/gu,
    ' ',
  ],
  // Rows and rules of a table, other rules, then headings, quotes and bullets at the start of a line.
  [/^[ \t]*\|.*$/gm, ' '],
  [/^[ \t]*(?:[-*_=][ \t]*){3,}$/gm, ' '],
  [/^[ \t]*(?:#{1,6}|>+|[-*+\u2022])[ \t]+(?:\[[ xX]\][ \t]+)?/gm, ''],
  // Marks of emphasis, whole or the half that a clause was left with.
  [/\*\*+|__+|~~|\|\|/g, ''],
  [/(?<!\\)(?!(?<=[\p{L}\p{N}])\*[\p{L}\p{N}]|(?<=\s)\*\s)\*/gu, ''],
  [/(?<![\p{L}\p{N}])_(?=\S)|(?<=\S)_(?![\p{L}\p{N}])/gu, ''],
  [/\*\*+|~~|\|\|/g, ''],
  [/\\([\\`*_{}[\]()#+\-.!|~>])/g, '$1'],
  // Emoji with all that hangs on them, and keycaps.
  [/[#*0-9]\uFE0F?\u20E3/gu, ' '],
  [/(?![\u00a9\u00ae\u2122])\p{Extended_Pictographic}/gu, ' '],
  [/\p{Regional_Indicator}|\p{Emoji_Modifier}|\uFE0F|\u200D/gu, ''],
  // Empty brackets and space left between words.
  [/\(\s*\)|\[\s*\]/g, ' '],
  [/\s+/g, ' '],
  [/ (?=[,.;:!?\u2026](?:\s|$)|[\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a])/g, ''],
  [/(?<![,;:])[,;:]+(?=[,.;:!?\u2026](?:\s|$))/g, ''],
];

/**
 * Speakable part of a written clause: no markdown, code, links, tables or emoji.
 *
 * Empty when nothing is left that has a sound.
 */
export function speakable(text: string): string {
  const plain = steps.reduce((rest, [find, keep]) => rest.replace(find, keep), text).trim();
  return /[\p{L}\p{N}]/u.test(plain) ? plain : '';
}
