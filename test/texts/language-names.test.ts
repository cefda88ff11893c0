import { expect, test } from 'vitest';
import { languageLabel, languageName, languageTag } from '#src/texts/language-names.ts';

test('a language is named in English or in another language, and offered with its tag', () => {
  expect([languageName('de'), languageName('de', 'fr')]).toEqual(['German', 'allemand']);
  expect(languageLabel('de')).toBe('German (de)');
});

test('a language is found by what is offered, by its name, its own name or its tag, and nothing else is', () => {
  const typed = ['German (de)', ' german ', 'Deutsch', 'DE', 'de'];
  expect(typed.map(languageTag)).toEqual(typed.map(() => 'de'));
  expect(languageTag('pt-br')).toBe('pt-BR');
  expect(['xx', 'Germanic', 'de_DE', ''].map(languageTag)).toEqual(Array(4).fill(undefined));
});
