import { globSync, readFileSync } from 'node:fs';
import { parseSync, Visitor } from 'oxc-parser';
import { findLocale } from '#page/room/language.js';
import { type Piece, readMarkdown } from '#page/room/markdown.js';
import { textLocales } from '#src/texts/locales.ts';
import { readPageTexts } from '#src/texts/page-texts.ts';
import { fc } from '#test/properties.ts';

/** Words that are no language: names of programs, commands, roles, settings, units, and the bot's own. */
const untranslatedNames =
  /^(?:Parley|Discord|\.env|KiB|ms|npm run setup|npm start|npm run doctor|10 MiB|privacy allow|voice me|voice preview|track volume|speech to text|text to speech|[A-Z]+(?:_[A-Z]+)+)$/;
/** Values of attributes that nobody reads, messages of broken promises, and paths of SVG. */
const unread = /^[MLHVCAQ][-\d.]|^input, select, textarea|^the page has no root$/;

/** Finds what a reader would read of a file: text between tags, read attributes, and strings with a blank. */
function findSentences(code: string, file = 'page.js') {
  const matches: string[] = [];
  const { program } = parseSync(file, code);
  new Visitor({
    TaggedTemplateExpression({ quasi }) {
      const markup = quasi.quasis.map(({ value }) => value.raw).join('¦');
      const texts = markup.replace(/<[^>]*>/g, '¦').split('¦');
      const attributes = markup.matchAll(
        /\b(?:aria-label|placeholder|title|alt)="([^"¦]*)"/g,
      );
      matches.push(...texts, ...Array.from(attributes, ([, value = '']) => value));
    },
    Literal({ value }) {
      if (typeof value === 'string' && / /.test(value.trim())) matches.push(value);
    },
    TemplateLiteral({ quasis }) {
      const texts = quasis.map(({ value }) => value.raw);
      if (!texts.some((text) => /[<=]/.test(text)))
        matches.push(...texts.filter((text) => /\p{L}{2} \p{L}{2}/u.test(text)));
    },
  }).visit(program);
  return matches
    .map((text) => text.replace(/&\w+;/g, '').trim())
    .filter((text) => /\p{L}{2}/u.test(text))
    .filter((text) => !untranslatedNames.test(text) && !unread.test(text));
}

test('a sentence in the page is found wherever it stands', () => {
  const code =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the code of a page
    'html`<p title="Read me">Hello ${name}</p>`; tell(\'It is gone.\'); tell(`${x} is not here`);';
  expect(findSentences(code)).toEqual([
    'Hello',
    'Read me',
    'It is gone.',
    'is not here',
  ]);
});

test('every sentence of the page comes from the texts', () => {
  const files = globSync('page/**/*.js');
  expect(files.length).toBeGreaterThan(30);
  const sentences = files.flatMap((file) =>
    findSentences(readFileSync(file, 'utf8'), file).map((text) => `${file}: ${text}`),
  );
  expect(sentences).toEqual([]);
});

test.each(textLocales)(
  'texts of the page need no more than their words in %s',
  (locale) => {
    const needy = Object.values(readPageTexts(locale)).filter((text) =>
      /\{\w+\s*,/.test(text),
    );
    expect(needy).toEqual([]); // the page fills words in, and knows no plural forms
  },
);

test.each([
  [['de-AT', 'en'], 'de'],
  [['sw', 'pt-PT'], 'pt-BR'],
  [['ja'], 'ja'],
  [['sw'], 'en'],
  [[], 'en'],
])('a browser in %j gets %s', (tags, locale) => expect(findLocale(tags)).toBe(locale));

const names: Readonly<Record<string, string>> = { '5': 'Adam', '8': 'general' };

/** Written with its manners as tags. */
function tagManners(text: string) {
  return readMarkdown(text, (id) => names[id]).map((paragraph) => {
    if (paragraph.kind === 'code') return `pre(${paragraph.text})`;
    return paragraph.parts.map(tagOf).join('');
  });
}

function tagOf(piece: Piece): string {
  if (piece.kind === 'text') return piece.text;
  if (piece.kind === 'time') return `time(${piece.atS} ${piece.style})`;
  const text = piece.parts.map(tagOf).join('');
  return piece.kind === 'link'
    ? `link(${text} ${piece.href})`
    : `${piece.kind}(${text})`;
}

test.each([
  ['**Ana** says *hi*', 'bold(Ana) says italic(hi)'],
  ['***both***', 'bold(italic(both))'],
  ['`**code**` and \\*stars\\*', 'code(**code**) and *stars*'],
  ['snake_case_name and 2 * 3 * 4', 'snake_case_name and 2 * 3 * 4'],
  ['<@5> in <#8>, not <@77>', 'mention(@Adam) in mention(#general), not <@77>'],
  ['at <t:1700000000:t>', 'at time(1700000000 t)'],
  [
    'see https://example.org/a_b_c or [docs](https://example.org)',
    'see link(https://example.org/a_b_c https://example.org/a_b_c) or link(docs https://example.org)',
  ],
  ['[bad](javascript:alert(1))', '[bad](javascript:alert(1))'],
  ['**never closed', '**never closed'],
  ['on https://discord.com/channels/1/8, not /1/77', 'on mention(#general), not /1/77'],
])('%s', (text, shownText) => expect(tagManners(text)).toEqual([shownText]));

test('lines of words stand together, and code on its own', () => {
  const text = 'one\ntwo\n```js\nlet a = 1;\n```\nend';
  expect(tagManners(text)).toEqual(['one\ntwo', 'pre(let a = 1;)', 'end']);
});

test('no letter of words without marks is lost, and hostile marks end', () => {
  const plain = fc.string({
    unit: fc.constantFrom('a', 'b', ' ', '.', 'ä', '7'),
    minLength: 1,
  });
  fc.assert(
    fc.property(plain, (text) => {
      expect(tagManners(text)).toEqual([text]);
    }),
  );
  const hostile = fc.string({
    unit: fc.constantFrom('*', '_', '`', '|', '~', '<', '>', 'a', '\n', '[', '('),
  });
  fc.assert(
    fc.property(hostile, (text) => {
      tagManners(text);
    }),
  );
  expect(tagManners('*_'.repeat(1_000)).join('').length).toBeGreaterThan(0);
});
