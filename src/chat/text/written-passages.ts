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
