import { toCardinal } from 'n2words/en-US';
import { findAddresses, webAddressPattern } from '#src/base/addresses/addresses.ts';
import { removeStageDirections } from './stage-directions.ts';

/** Creates a pattern that an open bracket ends, so that the search stays linear. */
const createNestedPattern = (without: string) =>
  `(?:[^()${without}]|\\([^()${without}]*\\))`;

/** A single bar, or two around a spoiler, make no row. */
const tableRow = /^[ \t]*\|(?!\|)[^|\n]*\|.*(?:\n|$)/gm;
/**
 * TeX between dollars as Pandoc reads it, so that prices are none (https://pandoc.org/MANUAL.html#math), or in the
 * brackets of models.
 */
const texFormula =
  /\$\$[^$]+\$\$|(?<![\p{L}\p{N}$])\$(?!\s)[^$\n]+(?<!\s)\$(?![\p{N}$])|\\\((?:(?!\\[()])[\s\S])+\\\)|\\\[(?:(?!\\[[\]])[\s\S])+\\\]/gu;

const asideForms = {
  code: '(?<fence>```|~~~)[\\s\\S]*?(?:\\k<fence>|(?![\\s\\S]))',
  label: `!?\\[(?<linkText>[^[\\]\\n]*)\\]\\((?<target>${createNestedPattern('\\s')}+)(?:[ \\t]${createNestedPattern('\\n')}*)?\\)`,
  table: `(?:${tableRow.source})+`,
  formula: texFormula.source,
  inline: '`(?![\\p{L}\\p{N} ._-]+`)[^`\\n]+`',
  address: webAddressPattern,
} as const;
type Form = keyof typeof asideForms;

const anyAsideForm = new RegExp(
  Object.entries(asideForms)
    .map(([name, pattern]) => `(?<${name}>${pattern})`)
    .join('|'),
  'gmu',
);

/** Finds the parts of a text to be read and not heard (links, code, tables, formulas), each once and in order, as the chat shows them. `toSpeakable` keeps only the names of links. */
export function findAsides(text: string): readonly string[] {
  const asides = [...text.replace(/\r\n?/g, '\n').matchAll(anyAsideForm)].map(
    ({ groups = {} }) => {
      const form = (Object.keys(asideForms) as Form[]).find(
        (name) => groups[name] !== undefined,
      );
      return asideWriters[form ?? 'inline'](groups[form ?? 'inline'] ?? '', groups);
    },
  );
  return [...new Set(asides)];
}

type Groups = Readonly<Record<string, string | undefined>>;

const asideWriters: Readonly<Record<Form, (match: string, groups: Groups) => string>> =
  {
    code: (match) => closeFence(match.replaceAll('~~~', '```')),
    formula: (text) => `\`${text}\``,
    inline: (text) => text,
    table: (match) => `\`\`\`\n${match.trimEnd()}\n\`\`\``,
    address: (text) => text,
    label: (_, { linkText = '', target = '' }) => {
      const isNamed = linkText.trim() !== '' && linkText.trim() !== target;
      return isNamed ? `${linkText.trim()}: ${target}` : target;
    },
  };

function closeFence(code: string) {
  return /.```$/s.test(code) ? code : `${code.trimEnd()}\n\`\`\``;
}

type SpeakableRule = readonly [find: RegExp, keep: string];

/** Rules in their order: the text of a link may hold emphasis, and code may look like anything. */
const linkRules: readonly SpeakableRule[] = [
  [/\r\n?/g, '\n'],
  // A fenced block, closed or not.
  [/(```|~~~)[\s\S]*?(?:\1|$)/g, ' '],
  // Inline code that reads like words stays, other code goes.
  [/`([\p{L}\p{N} ._-]+)`/gu, '$1'],
  [/`[^`\n]*`/g, ' '],
  [texFormula, ' '],
  // Citations of models: [1], [2, 3], [^4], [5](https://a.b), lenticular brackets of file search, and private
  // characters of ChatGPT.
  [/\[\^?\d{1,3}(?:\s?[,\u2013-]\s?\d{1,3})*\](?:\([^()\s]*\))?/g, ' '],
  [
    /\u3010[^\u3010\u3011\u2020\n]*\u2020[^\u3010\u3011\n]*\u3011|\ue200[^\ue200\ue201]*\ue201/g,
    ' ',
  ],
  // Images, links, addresses in angle brackets, tags of Discord and HTML.
  [/!\[[^[\]\n]*\]\((?:[^()\n]|\([^()\n]*\))*\)/g, ' '],
  [/\[([^[\]\n]*)\]\((?:[^()\n]|\([^()\n]*\))*\)/g, '$1'],
  [/<((?:https?|mailto):[^<>\s]*)>/gi, '$1'],
  [/<(?:a?:\w+:\d+|[@#][&!]?\d+|t:\d+(?::\w)?|\/?[a-zA-Z][^<>\n]*|!--[^<>]*--)>/g, ' '],
];

/** Rules for the text around addresses, each of which is one character meanwhile. */
const markRules: readonly SpeakableRule[] = [
  // Tables and rules, then headings, quotes and bullets at the start of a line.
  [tableRow, '\n'],
  [/^[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+$/gm, ' '],
  [/^[ \t]*(?:[-*_=][ \t]*){3,}$/gm, ' '],
  [/^[ \t]*(?:#{1,6}|>+|[-*+\u2022])[ \t]+(?:\[[ xX]\][ \t]+)?/gm, ''],
  // Marks of emphasis, or the half that a clause was left with.
  [/\*\*+|__+|~~|\|\||^[ \t]*\|/gm, ''],
  [/(?<!\\)(?!(?<=[\p{L}\p{N}])\*[\p{L}\p{N}]|(?<=\s)\*\s)\*/gu, ''],
  [/(?<![\p{L}\p{N}])_(?=\S)|(?<=\S)_(?![\p{L}\p{N}])/gu, ''],
  [/\\([\\`*_{}[\]()#+\-.!|~>])/g, '$1'],
  // Codes of emoji, emoji, and keycaps.
  [/(?<![\p{L}\p{N}:]):(?=[a-z+-])[a-z0-9_+-]{2,40}:(?![\p{L}\p{N}])/gu, ' '],
  [/[#*0-9]\uFE0F?\u20E3/gu, ' '],
  [/(?![\u00a9\u00ae\u2122])\p{Extended_Pictographic}/gu, ' '],
  [/\p{Regional_Indicator}|\p{Emoji_Modifier}|\uFE0F|\u200D/gu, ''],
  // Empty brackets, and space left between words.
  [/\(\s*\)|\[\s*\]/g, ' '],
  [/\s+/g, ' '],
  [/ (?=[,.;:!?\u2026](?:\s|$)|[\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a])/g, ''],
  [/(?<![,;:])[,;:]+(?=[,.;:!?\u2026](?:\s|$))/g, ''],
];

const htmlEntities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  hellip: '\u2026',
  ndash: '\u2013',
  mdash: '\u2014',
  lsquo: '\u2018',
  rsquo: '\u2019',
  ldquo: '\u201c',
  rdquo: '\u201d',
  deg: '\u00b0',
  euro: '\u20ac',
  pound: '\u00a3',
  times: '\u00d7',
  middot: '\u00b7',
  shy: '',
  zwnj: '',
};

function decodeEntities(text: string) {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi,
    (entity, decimal, hex, name) => {
      const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
      if (name) return htmlEntities[name] ?? entity;
      return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
    },
  );
}

const mayHoldDirection = /[[({*\uff08]/;

/** Replaces each spoiler by the word "spoiler". */
export function hideSpoilers(text: string): string {
  return text.replace(/\|\|[^|]+(?:\|[^|]+)*\|\|/g, ' spoiler ');
}

/** Private characters that stand for addresses, in the order of the text. */
const firstStandIn = 0xe100;
const maxStandIns = 256;
const standIns = /[\ue100-\ue1ff]/g;

/** Takes the addresses out of a text while `change` works on it, since marks inside an address are part of it. */
function changeAroundAddresses(text: string, change: (text: string) => string) {
  const places = findAddresses(text).slice(0, maxStandIns);
  const addresses = places.map(({ from, to }) => text.slice(from, to));
  let marked = '';
  let end = 0;
  for (const [n, { from, to }] of places.entries()) {
    marked += text.slice(end, from) + String.fromCharCode(firstStandIn + n);
    end = to;
  }
  return change(marked + text.slice(end)).replace(
    standIns,
    (mark) => addresses[mark.charCodeAt(0) - firstStandIn] ?? '',
  );
}

const applyRules = (text: string, rules: readonly SpeakableRule[]) =>
  rules.reduce((sentence, [find, keep]) => sentence.replace(find, keep), text);

/**
 * Returns the speakable part of a clause, or an empty text. Addresses stay whole: `sayAddresses` gives the voice its words.
 *
 * @example
 * import { toSpeakable } from '#src/chat/text/speakable.ts';
 *
 * toSpeakable('**Yes**, see [the map](https://example.org) ||tonight||!'); // 'Yes, see the map spoiler!'
 */
export function toSpeakable(text: string): string {
  const shown = hideSpoilers(text.replace(standIns, ''));
  const spoken = mayHoldDirection.test(text) ? removeStageDirections(shown) : shown;
  const plain = changeAroundAddresses(applyRules(spoken, linkRules), (rest) =>
    decodeEntities(applyRules(rest, markRules)).replace(/\s+/g, ' ').trim(),
  );
  return /[\p{L}\p{N}]/u.test(plain) ? plain : '';
}

/** Formats whole numbers from 0 to 99, as `twenty five`. */
export function formatNumberWords(value: number): string {
  return toCardinal(value).replace('-', ' ');
}
