import { globSync, readFileSync } from 'node:fs';
import { textLocales } from '#src/texts/locales.ts';
import {
  escapeMarkdown,
  takeFirstChars,
  toHarmlessText,
  toOneLine,
  toPostedText,
  truncate,
} from '#src/texts/plain-text.ts';
import {
  fillLine,
  formatText,
  hashEnglish,
  readTexts,
  type TextId,
  toLocale,
} from '#src/texts/texts.ts';
import {
  markTranslatedTexts,
  reportTranslations,
} from '#src/texts/translation-report.ts';

test('words are filled in where the sentence names them', () =>
  expect(formatText('join.ok', { channel: 'Lounge' })).toBe(
    'In Lounge. Just talk to me.',
  ));

test('words that look like places are not filled again', () =>
  expect(formatText('join.ok', { channel: '{channel}' })).toBe(
    'In {channel}. Just talk to me.',
  ));

test('a line gets the words that it still lacked', () => {
  const ask = {
    id: 'tool.external.ask',
    with: { tool: 'leave', given: '/leave' },
  } as const;
  const line = fillLine(ask, { name: 'Ana' });
  expect(formatText(line.id, line.with)).toBe(
    'Ana, shall I use leave with all of this?\n/leave',
  );
});

test.each([
  ['de', 'de'],
  ['de-AT', 'de'],
  ['en-US', 'en'],
  ['en-GB', 'en'],
  ['pt-BR', 'pt-BR'],
  ['pt-PT', 'pt-BR'],
  ['es-419', 'es'],
  ['es-ES', 'es'],
  ['ja', 'ja'],
  ['sw', 'en'],
  ['', 'en'],
])('a person with the language %j reads %s', (tag, locale) =>
  expect(toLocale(tag)).toBe(locale),
);

test.each(textLocales)(
  'every text is short and calm in %s, and names no variable',
  (locale) => {
    const texts = ([...readTexts('en').keys()] as TextId[]).map(
      (id) => [id, formatText(id, {}, locale)] as const,
    );
    expect(texts.length).toBeGreaterThan(300);
    expect(
      texts.filter(
        ([, sentence]) =>
          sentence.length >= 200 || /!|\s$|^\s|Owner:|[A-Z]_[A-Z]/.test(sentence),
      ),
    ).toEqual([]);
  },
);

test.each(textLocales)(
  'every text in %s holds the words of its English, and fits its place with the longest of them',
  (locale) => expect(reportTranslations(locale).faulty).toEqual([]),
);

/** Texts of commands and replies for people with Manage Server, and those without a word of a language. */
const managersOnly = [
  /^(check|form|settings|stats\.(?:cost|habit|model)|words\.(added|bad|removed|both))(\.|$)/,
  /^(help\.(model|personas|settings)|persona\.bad\.hidden|late\.form|button\.settings\..+)$/,
  /^command\.(settings\..+|voice\.(words\..+|bot\.form))$/,
];

test('only texts for managers stay in English: what members read or hear is translated', () => {
  const german = readTexts('de');
  const untranslated = [...readTexts('en')].flatMap(([id, { text: pattern }]) =>
    german.has(id) || !/\p{L}/u.test(pattern.replace(/\{\w+\}|\/\w+/g, '')) ? [] : [id],
  );
  expect(untranslated.length).toBeGreaterThan(50);
  expect(
    untranslated.filter((id) => !managersOnly.some((pattern) => pattern.test(id))),
  ).toEqual([]);
});

test.each(textLocales)(
  'no text is missing in %s, and none is of a former English',
  (locale) => {
    const { missing, stale } = reportTranslations(locale);
    expect({ missing, stale }).toEqual({ missing: [], stale: [] });
  },
);

test('names are shown as they are, not read as markdown', () => {
  expect(escapeMarkdown('**loud** _a_ ~~b~~ `c` ||d|| [e](x)')).toBe(
    '\\*\\*loud\\*\\* \\_a\\_ \\~\\~b\\~\\~ \\`c\\` \\|\\|d\\|\\| \\[e\\](x)',
  );
  expect(escapeMarkdown('# big\n> quote\n- item')).toBe('\\# big\n\\> quote\n\\- item');
});

test('an address ends where markdown could begin inside it', () => {
  expect(escapeMarkdown('https://[discord.com/nitro](https://evil.example/)')).toBe(
    'https://\\[discord.com/nitro\\](https://evil.example/)',
  );
  expect(escapeMarkdown('https://a.example/`b`||c||*d')).toBe(
    'https://a.example/\\`b\\`\\|\\|c\\|\\|\\*d',
  );
});

test('nothing somebody is called mentions anybody', () => {
  const text = escapeMarkdown(
    '@everyone @here @ev\u200beryone <@1> <@&2> <#3> </join:4>',
  );
  expect(text).not.toMatch(/@(everyone|here)/);
  expect(text).not.toMatch(/(?<!\\)<[@#/]/);
});

test('writing direction and invisible characters are taken out, line breaks and emoji stay', () => {
  expect(toHarmlessText('a\u202eb\u2066c\u0000d\u200be\ufefff\u0007g')).toBe('abcdefg');
  expect(toHarmlessText('one\ntwo 👩‍👩‍👧 می‌خواهم')).toBe('one\ntwo 👩‍👩‍👧 می‌خواهم');
});

test('what is too long is cut between whole characters', () => {
  expect([truncate('abcdef', 6), truncate('abcdefg', 6)]).toEqual(['abcdef', 'abcde…']);
  expect([truncate('abcd👋g!', 6), takeFirstChars('👋👋', 3)]).toEqual(['abcd…', '👋']);
  expect(toHarmlessText('x'.repeat(100_000))).toHaveLength(2_000);
});

test('line breaks of every kind become one space each, and other spaces stay', () =>
  expect(toOneLine('Ann\r\nBen\vCem\u2028Dan  Eva\tFay')).toBe(
    'Ann Ben Cem Dan  Eva\tFay',
  ));

test('a time for each reader stays one, and other words in its form do not', () => {
  const time = '<t:1795219200:f>';
  expect([escapeMarkdown(time), toPostedText(`Until ${time}.`)]).toEqual([
    time,
    `Until ${time}.`,
  ]);
  expect(toPostedText('<t:1> <t:1795219200:R>')).toBe('< t:1> < t:1795219200:R>');
  expect(escapeMarkdown(`a ${time}`)).toBe(`a \\${time}`);
});

test('a translation is marked with a hash of its English, and only once', () => {
  const source = new Map(Object.entries({ a: 'One.', b: 'Two.' }));
  const b = { text: 'Zwei.', english: 'old' };
  const marked = markTranslatedTexts(
    JSON.stringify({ a: 'Eins.', b, gone: 'x' }),
    source,
  );
  expect(JSON.parse(marked)).toEqual({
    a: { text: 'Eins.', english: hashEnglish('One.') },
    b,
    gone: 'x',
  });
  expect(markTranslatedTexts(marked, source)).toBe(marked);
});

const folders = ['src', 'commands', 'tools', 'sandbox', 'doctor', 'setup'];
const code = globSync([...folders.map((folder) => `${folder}/**/*.ts`), 'page/**/*.js'])
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

/** Strings as they stand in the sources, and what templates may become: each hole is one or more words of an id. */
const literals = new Set(
  Array.from(code.matchAll(/['"`]([a-z][\w.-]*)['"`]/g), ([, id]) => id),
);
const templates = [
  ...new Set(
    Array.from(
      code.matchAll(/`((?:[\w.-]|\$\{[\w.!?' ()[\]]+\})+)`/g),
      ([, one = '']) => one,
    ),
  ),
]
  .filter(
    (text) => text.includes('${') && /[a-z]{3}/.test(text.replace(/\$\{[^}]*\}/g, '')),
  )
  .map((text) => text.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.')))
  .map((pieces) => new RegExp(`^${pieces.join('[a-z][\\w. -]*')}$`));

test('every text is used somewhere', () => {
  const ids = [...readTexts('en').keys()];
  expect(ids.length).toBeGreaterThan(300);
  const unused = ids.filter(
    (id) => !literals.has(id) && !templates.some((template) => template.test(id)),
  );
  expect(unused).toEqual([]);
});
