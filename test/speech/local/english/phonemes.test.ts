import { EnglishPhonemes } from '#src/speech/local/english/phonemes.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';
import { findSuperlinear, repeatUnit } from '#test/regexps/measure-growth.ts';

const phonemes = await EnglishPhonemes.open(getModelFolder('g2p-english'));

test.each([
  ['The answer is red.', 'ðɪ ˈænsɚɹ ɪz ɹˈɛd.'],
  ['houses and wanted', 'hˈaʊsᵻz ænd wˈɔːntᵻd'],
  ["Kubernetes, siobhan's raincoats", 'kˌuːbɚnˈɛɾiz, ʃəvˈɔːnz ɹˈeɪnkˌoʊts'],
  ['The AI of the US and the GPU', 'ðɪ ˈeɪ ˈaɪ ʌv ðə jˈuː ˈɛs ænd ðə dʒˈiː pˈiː jˈuː'],
  ['Blorptastic', 'blˈɔːɹptˌeɪstɪk'],
])('"%s" sounds like %s', (text, ipa) => expect(phonemes.toIpa(text)).toBe(ipa));

test('a word that no dictionary has is read by its letters', () => {
  for (const word of ['zxqv', 'a', "o'", 'qqqqqqqq', 'llanfairpwllgwyngyll'])
    expect(phonemes.toIpa(word), word).not.toBe('');
});

test.each(['a', 'the ', 'qz', "'", 'raincoat'])(
  'a text of %j alone, however long, is pronounced in linear time',
  (unit) =>
    expect(
      findSuperlinear((text) => phonemes.toIpa(text), repeatUnit(unit, ' a')),
    ).toBeUndefined(),
);
