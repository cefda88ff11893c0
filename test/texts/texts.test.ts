import { expect, test } from 'vitest';
import { builtInLocales, discordLocales } from '#src/texts/locales.ts';
import { reportOn } from '#src/texts/report.ts';
import { builtInTexts } from '#src/texts/tables.ts';
import {
  isMachineMade,
  lineWith,
  localeOf,
  readTranslations,
  type TextId,
  text,
} from '#src/texts/texts.ts';

test('words are filled in where the sentence names them', () => {
  expect(text('join.ok', { channel: 'Lounge' })).toBe('In Lounge. Just talk to me.');
});

test('words that look like places are not filled again', () => {
  expect(text('join.ok', { channel: '{channel}' })).toBe('In {channel}. Just talk to me.');
});

test('a line gets the words that it still lacked', () => {
  const ask = { id: 'tool.external.ask', with: { tool: 'leave', given: '/leave' } } as const;
  const line = lineWith(ask, { name: 'Ana', s: 60 });
  expect(text(line.id, line.with)).toBe(
    'Ana, press Confirm within 60 s for leave, with all of this:\n/leave',
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
])('a person with the language %j reads %s', (tag, locale) => {
  expect(localeOf(tag)).toBe(locale);
});

test.each(builtInLocales)('every text is short and calm in %s, and names no variable', (locale) => {
  const texts = ([...builtInTexts('en').keys()] as TextId[]).map(
    (id) => [id, text(id, {}, locale)] as const,
  );
  expect(texts.length).toBeGreaterThan(300);
  expect(
    texts.filter(
      ([, sentence]) => sentence.length >= 200 || /!|\s$|^\s|Owner:|[A-Z]_[A-Z]/.test(sentence),
    ),
  ).toEqual([]);
});

test.each(builtInLocales)(
  'every text in %s holds the words of its English, and fits its place with the longest of them',
  (locale) => {
    expect(reportOn(locale).faulty).toEqual([]);
  },
);

test.each(builtInLocales)('no text is missing in %s, and none is of a former English', (locale) => {
  const { missing, stale } = reportOn(locale);
  expect({ missing, stale }).toEqual({ missing: [], stale: [] });
});

test('no translation says that somebody who speaks the language has read it', () => {
  for (const locale of builtInLocales) {
    const reviewed = [...builtInTexts(locale).values()].filter(({ by }) => by === 'reviewed');
    expect(reviewed, locale).toEqual([]);
    expect(isMachineMade(locale)).toBe(locale !== 'en');
  }
});

test('Discord is told the texts of each language under all names that it has for it, but of English none', () => {
  const translations = readTranslations();
  const known: readonly string[] = discordLocales;
  expect([...translations.keys()].filter((locale) => !known.includes(locale))).toEqual([]);
  expect(translations.get('de')?.get('stop.ok')).toBe(text('stop.ok', {}, 'de'));
  const spanish = text('stop.ok', {}, 'es');
  for (const tag of ['es-ES', 'es-419'] as const)
    expect(translations.get(tag)?.get('stop.ok')).toBe(spanish);
  expect(translations.has('en-US') || translations.has('en-GB')).toBe(false);
});
