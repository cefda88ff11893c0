import { expect, test } from 'vitest';
import { languages } from '#src/turn/languages/languages.ts';
import { isYes } from '#src/turn/overlap/interjections.ts';

const names = ['Nova'];

test('every yes of every language is one, alone and with the name of the bot, where that language is spoken', () => {
  for (const { code, confirmations } of languages) {
    expect(confirmations.yes.length, code).toBeGreaterThan(3);
    for (const phrase of confirmations.yes) {
      expect(isYes(phrase, names, code), `${code}: ${phrase}`).toBe(true);
      expect(isYes(`${phrase}, Nova!`, names, code), `${code}: ${phrase}, Nova`).toBe(true);
    }
  }
});

test('no word that stops, takes back, asks to wait or refuses is a yes, whatever language is spoken', () => {
  for (const { code, overlap } of languages) {
    const others = [
      overlap.stop,
      overlap.neverMind,
      overlap.wait ?? [],
      overlap.refusals ?? [],
    ].flat();
    for (const phrase of others) {
      expect(isYes(phrase, names), `${code}: ${phrase}`).toBe(false);
      expect(isYes(phrase, names, code), `${code}: ${phrase}`).toBe(false);
    }
  }
});

test.each([
  'Yes, please.',
  'Yes, do it, Nova.',
  'Nova, yes.',
  'Ja, bitte!',
  'はい、お願いします。',
  'Sí, por favor.',
])('%j is a yes', (said) => {
  expect(isYes(said, names)).toBe(true);
});

test.each([
  'Yes?',
  'Yes, but not so loud.',
  'Yes and no.',
  'No.',
  'Not yet.',
  'Ok.',
  'Mhm.',
  'He said yes.',
  'Yesterday.',
  'Please, Nova.',
  'Yes, I have eaten already.',
  'Yes, Eva, I am coming.',
  'Say yes.',
  'Ja, aber leiser.',
  'Ya basta.',
])('%j is no yes', (said) => {
  expect(isYes(said, names)).toBe(false);
});
