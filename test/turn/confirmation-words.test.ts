import { languages } from '#src/turn/languages/languages.ts';
import { findYesOrNo } from '#src/turn/overlap/interjections.ts';

const names = ['Nova'];

test('every yes of every language is one, alone and with the name of the bot, where that language is spoken', () => {
  for (const { code, confirmations } of languages) {
    expect(confirmations.yes.length, code).toBeGreaterThan(3);
    for (const phrase of confirmations.yes) {
      expect(findYesOrNo(phrase, names, code), `${code}: ${phrase}`).toBe('yes');
      expect(
        findYesOrNo(`${phrase}, Nova!`, names, code),
        `${code}: ${phrase}, Nova`,
      ).toBe('yes');
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
      expect(findYesOrNo(phrase, names), `${code}: ${phrase}`).not.toBe('yes');
      expect(findYesOrNo(phrase, names, code), `${code}: ${phrase}`).not.toBe('yes');
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
])('%j is a yes', (utterance) => expect(findYesOrNo(utterance, names)).toBe('yes'));

test.each([
  ['Sí, por favor.', 'en', 'yes'],
  ['Ja, bitte!', 'pl', 'yes'],
  ['いいえ。', 'en', 'no'],
  ['Tak.', 'pl', 'yes'],
  ['Nein, danke.', 'fr', 'no'],
])('%j of somebody who usually speaks %s is a %s', (utterance, language, answer) =>
  expect(findYesOrNo(utterance, names, language)).toBe(answer),
);

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
])('%j is no yes', (utterance) =>
  expect(findYesOrNo(utterance, names)).not.toBe('yes'),
);

test('every no of every language refuses, alone and with the name of the bot, where that language is spoken', () => {
  for (const { code, confirmations } of languages) {
    expect(confirmations.no.length, code).toBeGreaterThan(1);
    for (const phrase of confirmations.no) {
      expect(findYesOrNo(phrase, names, code), `${code}: ${phrase}`).toBe('no');
      expect(
        findYesOrNo(`Nova, ${phrase}.`, names, code),
        `${code}: Nova, ${phrase}`,
      ).toBe('no');
    }
  }
});

test('no yes of any language is a no, whatever language is spoken', () => {
  for (const { confirmations } of languages)
    for (const phrase of confirmations.yes)
      expect(findYesOrNo(phrase, names), phrase).not.toBe('no');
});

test.each([
  'No.',
  'No, thanks.',
  'Nova, no!',
  'Never mind.',
  'Nein, danke.',
  'いいえ。',
])('%j is a no', (utterance) => expect(findYesOrNo(utterance, names)).toBe('no'));

test.each(['No?', 'No, make it 50.', 'No idea.', 'Not yet.', 'Yes and no.', 'Stop.'])(
  '%j is no no',
  (utterance) => expect(findYesOrNo(utterance, names)).not.toBe('no'),
);
