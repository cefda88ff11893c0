import { createPronouncer } from '#src/speech/pronunciation.ts';
import { findSuperlinear, repeatUnit } from '#test/regexps/measure-growth.ts';

const said = [
  { word: 'Ana', say: 'Ah-na' },
  { word: 'Kubernetes', say: 'koo-ber-net-ees' },
  { word: 'New Relic', say: 'new rellick' },
  { word: 'New', say: 'gnu' },
  { word: 'C++', say: 'see plus plus' },
  { word: "O'Brien", say: 'oh bryan' },
  { word: 'Łódź', say: 'woodge' },
  { word: '京都', say: 'きょうと' },
];
const pronounce = createPronouncer(said) ?? expect.fail();

test.each([
  ['Ana runs Kubernetes.', 'Ah-na runs koo-ber-net-ees.'],
  ['ANA, ana and Ana’s KUBERNETES', 'Ah-na, Ah-na and Ah-na’s koo-ber-net-ees'],
  ['Banana, Anabel, Ana_b and Ana2', 'Banana, Anabel, Ana_b and Ana2'],
  ['A new thing in New Relic: New', 'A gnu thing in new rellick: gnu'],
  ['C++ and C, O’Brien', 'see plus plus and C, oh bryan'],
  ['Łódź or lo\u0301dz', 'woodge or lo\u0301dz'],
  ['京都に行く。東京都です。', 'きょうとに行く。東京都です。'],
  ['', ''],
])('%j is said as %j', (text, spoken) => expect(pronounce(text)).toBe(spoken));

test.each(['Ana ', 'A', '京都', 'New ', '+', "'", 'ก', 'x y '])(
  '200 words are found in a text of %j in linear time',
  (unit) => {
    const many = Array.from({ length: 200 }, (_, n) => ({
      word: `${unit.repeat(8).slice(0, 30)} ${n}`,
      say: 'something else',
    }));
    const read = createPronouncer(many) ?? expect.fail();
    expect(findSuperlinear(read, repeatUnit(unit, ''))).toBeUndefined();
  },
);
