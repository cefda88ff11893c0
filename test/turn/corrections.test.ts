import { expect, test } from 'vitest';
import { correctionIn, standsAlone } from '#src/turn/corrections.ts';
import { languages } from '#src/turn/languages/languages.ts';

test.each([
  ['No, I said Lima.', 'Lima'],
  ["no i said what's the time in Lima", "what's the time in Lima"],
  ['No, no, I meant the other one!', 'the other one'],
  ['Nova, no, I said three o’clock.', 'three o’clock'],
  ['Nein, ich sagte Lima.', 'Lima'],
  ['Nein, ich habe Lima gesagt.', 'Lima'],
  ['No, dije Lima.', 'Lima'],
  ["Non, j'ai dit Lima.", 'Lima'],
  ['Não, eu disse Lima.', 'Lima'],
  ['Nie, powiedziałam Lima.', 'Lima'],
  ['Hayır, Lima dedim.', 'Lima'],
  ['いや、リマって言った。', 'リマ'],
  ['不，我说的是利马。', '利马'],
  ['아니, 리마라고 했어.', '리마'],
  ['아니, 시카고 시간이라고 했어.', '시카고 시간'],
  ['नहीं, मैंने लीमा कहा।', 'लीमा'],
])('%s corrects', (text, words) => {
  expect(correctionIn(text, ['Nova'])?.words).toBe(words);
});

test.each([
  'I said no.',
  'She asked me, and no, I said Lima to her.',
  'No.',
  'No, I said.',
  'No, Lima is the capital.',
  'I said Lima.',
  'No dije Lima.',
  'No dije nada.',
  'Nie powiedziałam Lima.',
  'Nem azt mondtam.',
  'No one said Lima.',
  'No, she said Lima.',
  'Know I said Lima.',
  '不我',
  '아니면 리마라고 했어.',
  '아니, 라고 했어.',
  '',
  `No, I said ${'very '.repeat(100)}much.`,
])('%s does not', (text) => {
  expect(correctionIn(text, ['Nova'])).toBeUndefined();
});

test.each(languages.map(({ code, corrections }) => [code, corrections?.phrases ?? []] as const))(
  '%s: each of its phrases corrects around other words',
  (_, phrases) => {
    expect(phrases.length).toBeGreaterThan(0);
    for (const phrase of phrases) {
      expect(phrase.split('{}')).toHaveLength(2);
      expect(correctionIn(phrase.replace('{}', '2934'))?.words).toBe('2934');
    }
  },
);

test('a whole question stands alone, a word replaces a part of the former one', () => {
  expect(standsAlone('what is the time in Lima', 'what is the time in Lime')).toBe(true);
  expect(standsAlone('Lima', 'what is the time in Lime')).toBe(false);
});
