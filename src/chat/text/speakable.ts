/** Parts of an answer that are to be read, not heard. */
export type AsideKind = 'link' | 'code' | 'table';
export type Aside = { readonly kind: AsideKind; readonly text: string };

/** A character, or a pair of brackets around more: a round one that is not closed ends the search, which keeps it linear. */
const nested = (without: string) => `(?:[^()${without}]|\\([^()${without}]*\\))`;

/** The first form that fits at a place counts; text inside belongs to it. */
const forms = {
  code: '```[\\s\\S]*?(?:```|(?![\\s\\S]))',
  label: `!?\\[(?<words>[^[\\]\\n]*)\\]\\((?<target>${nested('\\s')}+)(?:[ \\t]${nested('\\n')}*)?\\)`,
  table: '(?:^[ \\t]*\\|.*(?:\\n|$))+',
  inline: '`(?![\\p{L}\\p{N} ._-]+`)[^`\\n]+`',
  address:
    '\\b(?:https?://|www\\.)[^\\s<>\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a\u300d\u300f\uff09\u3011]*[\\p{L}\\p{N}/]',
} as const;
type Form = keyof typeof forms;

const anyForm = new RegExp(
  Object.entries(forms)
    .map(([name, source]) => `(?<${name}>${source})`)
    .join('|'),
  'gmu',
);

/** Links, code and tables of a written text as they are read in a chat, each once, in order. `speakable` drops the same. */
export function asidesIn(text: string): readonly Aside[] {
  const found = [...text.replace(/\r\n?/g, '\n').matchAll(anyForm)].map(({ groups = {} }) => {
    const form = (Object.keys(forms) as Form[]).find((name) => groups[name] !== undefined);
    return readable[form ?? 'inline'](groups[form ?? 'inline'] ?? '', groups);
  });
  return [...new Map(found.map((aside) => [aside.text, aside])).values()];
}

type Groups = Readonly<Record<string, string | undefined>>;

const readable: Readonly<Record<Form, (found: string, groups: Groups) => Aside>> = {
  code: (found) => ({
    kind: 'code',
    text: /.```$/s.test(found) ? found : `${found.trimEnd()}\n\`\`\``,
  }),
  inline: (text) => ({ kind: 'code', text }),
  table: (found) => ({ kind: 'table', text: `\`\`\`\n${found.trimEnd()}\n\`\`\`` }),
  address: (text) => ({ kind: 'link', text }),
  label: (_, { words = '', target = '' }) => {
    const isNamed = words.trim() !== '' && words.trim() !== target;
    return { kind: 'link', text: isNamed ? `${words.trim()}: ${target}` : target };
  },
};

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
  [/\\([\\`*_{}[\]()#+\-.!|~>])/g, '$1'],
  // An emoji by its name, as in `:smile:`.
  [/(?<![\w:]):[a-z][\w+-]*:(?![\w:])/gi, ' '],
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
