import { expect, test } from 'vitest';
import { localeOf, locales, text, textIds } from '#src/texts/texts.ts';

const places = (sentence: string) =>
  [...sentence.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

test('words are filled in where the sentence names them', () => {
  expect(text('join.ok', { channel: 'Lounge' })).toBe('In Lounge. Just talk to me.');
});

test('a word that was left out stays visible', () => {
  expect(text('join.ok')).toBe('In {channel}. Just talk to me.');
});

test('words that look like places are not filled again', () => {
  expect(text('join.ok', { channel: '{channel}' })).toBe('In {channel}. Just talk to me.');
});

test.each([
  ['de', 'de'],
  ['de-AT', 'de'],
  ['en-US', 'en'],
  ['pt-BR', 'en'],
  ['', 'en'],
])('a person with the language %j reads %s', (tag, locale) => {
  expect(localeOf(tag)).toBe(locale);
});

test.each(textIds)('%s holds the same words in every language, short and calm', (id) => {
  for (const locale of locales) {
    const sentence = text(id, {}, locale);
    expect(places(sentence), locale).toEqual(places(text(id)));
    expect(sentence.length, locale).toBeLessThan(200);
    expect(sentence, locale).not.toMatch(/!|\s$|^\s/);
    if (id.startsWith('command.')) expect(sentence.length, locale).toBeLessThanOrEqual(100);
    if (id.startsWith('button.')) expect(sentence.length, locale).toBeLessThanOrEqual(80);
  }
});

test('a server that tells no language is spoken to in English', () => {
  expect([localeOf(undefined), localeOf(null)]).toEqual(['en', 'en']);
});
