import { statSync } from 'node:fs';
import { readWordEndings, WordEndings } from '#src/turn/endpointing/word-endings.ts';
import { languages } from '#src/turn/languages/languages.ts';

const endings = readWordEndings();
const getLogit = (text: string, language = '') =>
  endings.getLogit(text.split(' '), language);

test.each([
  ["what's the weather like", 'en'],
  ['play something i like', 'en'],
  ['wie wird das wetter morgen', 'de'],
  ['qué tiempo hace hoy', 'es'],
  ['quelle est la capitale de la france', 'fr'],
  ['今日の天気はどうですか', 'ja'],
  ['jaka jest dzisiaj pogoda', 'pl'],
  ['qual é o seu nome', 'pt'],
  ['как тебя зовут', 'ru'],
])('"%s" is likelier whole than cut', (text, language) =>
  expect(getLogit(text, language)).toBeGreaterThan(0),
);

test.each([
  ['what is the', 'en'],
  ['can you tell me where', 'en'],
  ['me gustaría una pizza con', 'es'],
  ['je voudrais une pizza avec', 'fr'],
  ['ピザを', 'ja'],
  ['chciałbym pizzę z', 'pl'],
  ['eu queria uma pizza com', 'pt'],
  ['ik wil graag een', 'nl'],
  ['vorrei una pizza con', 'it'],
  ['я хочу пиццу с', 'ru'],
])(
  '"%s" is likelier cut than whole, whether its language is told or not',
  (text, language) => {
    expect(getLogit(text, language)).toBeLessThan(-1);
    expect(getLogit(text)).toBeLessThan(-0.9);
  },
);

test('words are learnt for all languages in one file below 1 MB', () => {
  const file = new URL(
    '../../../src/turn/endpointing/word-endings.bin',
    import.meta.url,
  );
  expect(statSync(file).size).toBeLessThan(1_000_000);
  for (const { code } of languages) expect(getLogit('a', code)).not.toBeNaN();
});

test('a file that was cut is refused', () =>
  expect(() => new WordEndings(new Uint8Array(100))).toThrow('damaged'));
