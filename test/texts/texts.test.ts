import { textLocales } from '#src/texts/locales.ts';
import {
  fillLine,
  formatText,
  readTexts,
  type TextId,
  toLocale,
} from '#src/texts/texts.ts';
import { reportTranslations } from '#src/texts/translation-report.ts';

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
