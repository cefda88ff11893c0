import { globSync, readFileSync } from 'node:fs';
import { parseSync, Visitor } from 'oxc-parser';
import { findLocale } from '#page/room/language.js';
import { textLocales } from '#src/texts/locales.ts';
import { readPageTexts } from '#src/texts/page-texts.ts';

/** Words that are no language: names of programs, commands, roles, settings, units, and the bot's own. */
const names =
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
    .filter((text) => !names.test(text) && !unread.test(text));
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
