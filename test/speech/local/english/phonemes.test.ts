import { EnglishPhonemes } from '#src/speech/local/english/phonemes.ts';
import { spellOutEnglish } from '#src/speech/local/english/spell-out.ts';
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

test.each([
  [
    'Dr. Lee paid $3.50 at 5:30 pm.',
    'doctor Lee paid three dollars and fifty cents at five thirty pee em.',
  ],
  ['It is 2026-11-27.', 'It is November twenty seventh, twenty twenty six.'],
  [
    'Nov. 3 or 27 November 1905',
    'November third or November twenty seventh, nineteen oh five',
  ],
  [
    'the 1990s, 2005 and 1984',
    'the nineteen nineties, two thousand five and nineteen eighty four',
  ],
  [
    '1,234,567.89 people',
    'one million two hundred thirty four thousand five hundred sixty seven point eight nine people',
  ],
  [
    'Code 007, call 5550123.',
    'Code zero zero seven, call five five five zero one two three.',
  ],
  [
    '5 km in 25 min at 12 km/h',
    'five kilometers in twenty five minutes at twelve kilometers per hour',
  ],
  [
    '-5 °C, 50%, 1 kg, 3 ft',
    'minus five degrees Celsius, fifty percent, one kilogram, three feet',
  ],
  ['½ cup, 2½ cups, 3/4', 'one half cup, two and one half cups, three quarters'],
  [
    '$5 million, £2.99, 10€, $0.01',
    'five million dollars, two pounds and ninety nine pence, ten euros, one cent',
  ],
  ['1st, 22nd and 0th', 'first, twenty second and zeroth'],
  ['v2.0.1 of node.js @ 3pm', 'v two dot zero dot one of node dot js at three pee em'],
  ['GPT-4o with 16 GB', 'GPT four o with sixteen gigabytes'],
  ['2 + 2 = 4 & x < y', 'two plus two equals four and x less than y'],
  ['5–7 days, 10-20 people', 'five to seven days, ten to twenty people'],
  ['St. James St. in St. Louis', 'saint James street in saint Louis'],
  [
    'It is on Elm Dr. near 5th St., says Dr. Lee.',
    'It is on Elm drive near fifth street, says doctor Lee.',
  ],
  ['12 Oak Ave. and Sunset Blvd.', 'twelve Oak avenue and Sunset boulevard'],
  ['e.g. Mr. Smith vs. Jones', 'for example mister Smith versus Jones'],
  ['café naïve Łódź straße', 'cafe naive lodz strasse'],
  ['Wait… what?! (Really)', 'Wait. what? Really'],
  ['Привет, мир means hello.', 'Cyrillic words, means hello.'],
])('%s is read as "%s"', (text, sentence) =>
  expect(spellOutEnglish(text)).toBe(sentence),
);

test.each(['', ' \n', '...', '🙂', 'Привет', 'こんにちは'])(
  'nothing of "%s" can be read',
  (text) => expect(spellOutEnglish(text)).toBe(''),
);

test('each number is read to its last digit, and nothing but letters and stops is left', () => {
  for (let n = 0; n < 5000; n++) {
    const seed = (n * 2_654_435_761) % 4_294_967_296;
    const digits = `${seed}`.slice(0, 1 + (n % 10));
    const text = `a${n % 3 ? ' ' : ''}${digits}${['', '.5', '%', 'th', ':30', '/7', ' km', '-1'][n % 8]}`;
    const sentence = spellOutEnglish(text);
    expect(sentence, text).toMatch(/^[A-Za-z',;:.?! ]+$/);
    expect(sentence.length, text).toBeGreaterThan(3);
  }
});

test.each([
  '1',
  '1,',
  '1,000',
  '1.',
  '$1',
  '1 km',
  'Nov. 1 ',
  '1 Nov ',
  '1:',
  '-',
  ' ',
  '¼',
  'é',
  'Mr.',
  'あ',
  'б 1',
])('a text of nothing but %j is read in linear time', (unit) => {
  for (const end of ['', 'x', '€'])
    expect(findSuperlinear(spellOutEnglish, repeatUnit(unit, end))).toBeUndefined();
});
