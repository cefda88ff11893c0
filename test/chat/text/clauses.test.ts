import { ClauseSplitter } from '#src/chat/text/clause-splitter.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import { fc } from '#test/properties.ts';
import { expectLinear } from '#test/regexps/measure-growth.ts';

function splitClauses(...pieces: string[]) {
  const splitter = new ClauseSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
}

const packText = (text: string) => text.replace(/\s+/g, '');

test.each<readonly [until: readonly string[], after: readonly string[]]>([
  [
    ['It', ' costs', ' about', ' 1,'],
    ['000', ' Euro', ' today.'],
  ],
  [
    ['Take', ' the', ' point', ' x,'],
    ['y', ' here.'],
  ],
  [
    ['"As', ' far', ' as', ' I', ' know', ','],
    ['"', ' he', ' said.'],
  ],
  [
    ['It', ' (as', ' far', ' as', ' I', ' know', ','],
    [' really)', ' is', ' four.'],
  ],
  [
    ['**As', ' far', ' as', ' I', ' know', ','],
    ['**', ' it', ' is', ' four.'],
  ],
  [['See', ' the', ' page', ' [here', ','], [' please](https://a.b).']],
  [
    ['Please', ' do', ' say', ' "stop', '.'],
    ['"', ' Then', ' I', ' do.'],
  ],
])(
  'an eager splitter waits where a mark may be something else, or a closing one follows: %j',
  (until, after) => {
    const splitter = new ClauseSplitter({ isEager: true });
    expect(until.flatMap((piece) => splitter.push(piece))).toEqual([]);
    const cut = [
      ...after.flatMap((piece) => splitter.push(piece)),
      ...splitter.flush(),
    ];
    expect(cut).toEqual(splitClauses([...until, ...after].join('')));
  },
);

test.each([
  'Dr. Smith paid 3.14 USD at 5 p.m. in the U.S. on Friday',
  'Version v2.0.1 of https://example.com/a.b?c=d is out',
  'Take fruit, e.g. apples',
  'It costs 1,000 or 10:30',
  'Room No. 5 is free',
  'Turn left at St. James St. and wait for Mrs. Lee of approx. 40 years',
  'Vgl. Abb. 3 bzw. Hr. Maier, z. B. im Haus ggf. mit Fr. Schmidt',
  'Hable con la Sra. Ruiz, p. ej. mañana, vea el núm. 7 o la pág. 12',
  'Voyez Mme. Petit, env. 5 minutes, cf. la fig. 2 et le vol. 3',
  'Mówi dr Nowak, np. o ul. długiej i św. Janie, por. rys. 4',
  'Fale com a Dra. Souza, aprox. dez minutos, ex. hoje, pág. 3',
])('nothing is cut inside: %s', (text) => {
  const later = `Hello there. ${text}. `;
  expect(splitClauses(later).slice(1).join(' ')).toBe(`${text}.`);
  expect(splitClauses(later).length).toBeLessThanOrEqual(2);
});

test.each([
  ['Wait... what?! I see.', 'Wait... what?!'],
  ['"Stop!" she said to him.', '"Stop!"'],
  ['We meet at 5 p.m. Then we go.', 'We meet at 5 p.m.'],
  ['It is 5 km. Then turn.', 'It is 5 km.'],
  ['Use GPS. Then turn left.', 'Use GPS.'],
  ['sure. i can do that.', 'sure.'],
  ['That was in 1990. 5 people came.', 'That was in 1990.'],
  ['1. Boil the water.\n2. Drink it.', '1. Boil the water.'],
  [
    'See [the page, please](https://a.b/c) now. Yes.',
    'See [the page, please](https://a.b/c) now.',
  ],
])('%s begins with one sentence', (text, first) =>
  expect(splitClauses(text)[0]).toBe(first),
);

test('however long a sentence or a word, a clause is short enough for any engine', () => {
  const sentence = 'word '.repeat(400);
  for (const text of [
    sentence,
    'x'.repeat(5000),
    '😀'.repeat(3000),
    '好'.repeat(999),
  ]) {
    const cut = splitClauses(text);
    expect(cut[0]?.length).toBeLessThanOrEqual(100);
    expect(Math.max(...cut.map(({ length }) => length))).toBeLessThanOrEqual(240);
    expect(packText(cut.join(''))).toBe(packText(text));
    expect(cut.join('').isWellFormed()).toBe(true);
    expect(cut.every((clause) => clause.isWellFormed())).toBe(true);
  }
});

const crumb = fc.constantFrom(
  ...[
    'Hello',
    ' there',
    '.',
    '. ',
    '...',
    ' e.g',
    ' p.m',
    'U.S',
    '!',
    '?',
    ',',
    ', ',
    ' - ',
    '—',
    '\n',
  ],
  ...[
    '1',
    '2.',
    '3.5',
    ' I',
    ' no',
    'Dr',
    '"',
    ')',
    '*',
    '[',
    '](x)',
    '`',
    '```',
    '。',
    '！',
    '，',
    '好',
    'é',
    '😀',
  ],
  ...[
    ' a long run of quite ordinary words without any mark at all',
    '      ',
    ' https://a.b/c?d=e.f',
  ],
);

test('the cuts depend on the text alone, not on the pieces it came in', () =>
  fc.assert(
    fc.property(fc.array(crumb, { maxLength: 60 }), (pieces) => {
      const whole = pieces.join('');
      expect(splitClauses(...pieces)).toEqual(splitClauses(whole));
      expect(splitClauses(...whole)).toEqual(splitClauses(whole));
    }),
    { numRuns: 400 },
  ));

test('no word is lost, said twice, or split', () => {
  fc.assert(
    fc.property(fc.array(crumb, { maxLength: 80 }), (pieces) => {
      expect(packText(splitClauses(...pieces).join(''))).toBe(
        packText(pieces.join('')),
      );
    }),
    { numRuns: 400 },
  );
  const word = fc.stringMatching(/^[a-zA-Z]{1,12}[.,!?]?$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 120 }), (words) => {
      expect(splitClauses(words.join(' ')).join(' ').split(' ')).toEqual(words);
    }),
  );
});

test('clauses are cut in time proportional to the text, however it is written', () => {
  const units = ['```...', 'https://a.b/', '[ a, ', '. '];
  const cutUp = (text: string) => {
    const splitter = new ClauseSplitter({ isEager: true });
    splitter.push(text);
    splitter.flush();
  };
  expectLinear(cutUp, units);
}, 30_000);

/** Stops of scripts, of which Unicode says that they end sentences: https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt. */
test.each([
  ['Burmese', 'နေကောင်းလား။ ကောင်းပါတယ်။'],
  ['Khmer', 'សួស្តី។ សុខសប្បាយ។'],
  ['Amharic', 'ሰላም። ደህና ነኝ።'],
  ['Armenian', 'Բարեւ։ Լավ եմ։'],
  ['Chinese', '你好吗。我很好。'],
  ['Hindi', 'नमस्ते। मैं ठीक हूँ।'],
  ['Urdu', 'سلام۔ میں ٹھیک ہوں۔'],
  ['Tibetan', 'བཀྲ་ཤིས།བདེ་ལེགས།'],
  ['Mongolian', 'ᠰᠠᠢᠨ᠃ ᠪᠠᠢᠨᠠ᠃'],
  ['Inuktitut', 'ᐊᐃ᙮ ᖃᓄᐃᑉᐱᑦ᙮'],
])('a clause of %s ends at its own stop, cut at every character', (_, text) => {
  const [first = ''] = splitClauses(text);
  expect(first).toBe(text.slice(0, first.length));
  expect(first.length).toBeLessThan(text.length - 2);
  for (let cut = 1; cut < text.length; cut++)
    expect(splitClauses(text.slice(0, cut), text.slice(cut))).toEqual(
      splitClauses(text),
    );
});

test.each([
  [
    'th',
    'ประเทศไทยมีอาหารอร่อยมากมายและผู้คนก็ใจดีนักท่องเที่ยวจากทั่วโลกจึงมาเยือนทุกปีเพื่อชมวัดวาอารามและชายหาดที่สวยงาม',
  ],
  [
    'km',
    'ប្រទេសកម្ពុជាមានប្រាសាទបុរាណជាច្រើនដែលអ្នកទេសចរមកពីជុំវិញពិភពលោកចូលចិត្តមកទស្សនារៀងរាល់ឆ្នាំដោយសារភាពស្រស់ស្អាត',
  ],
  [
    'my',
    'မြန်မာနိုင်ငံတွင်ရှေးဟောင်းဘုရားများစွာရှိပြီးကမ္ဘာတစ်ဝှမ်းမှခရီးသွားများသည်နှစ်စဉ်လာရောက်လည်ပတ်ကြသည်မှာအံ့ဩစရာမဟုတ်ပါ',
  ],
])('a long clause without spaces (%s) is cut between words', (language, text) => {
  const starts = [
    ...new Intl.Segmenter(language, { granularity: 'word' }).segment(text),
  ].map((segmentData) => segmentData.index);
  const [first = '', ...more] = splitClauses(text);
  expect(more.length).toBeGreaterThan(0);
  expect(starts).toContain(first.length);
});

test('no clause ends within a spoiler', () => {
  const text =
    'It was ||the butler. He did it alone, and nobody saw|| him go. So there.';
  for (const clause of splitClauses(...text))
    expect(clause.split('||').length % 2).toBe(1);
});

const long = `https://example.com/${'abc/'.repeat(80)}end?x=1`;

/** Clauses of a text that comes in pieces of this size. */
function listClauses(text: string, size: number) {
  const splitter = new ClauseSplitter({ isEager: true });
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
  const clauses = pieces.flatMap((piece) => splitter.push(piece));
  return [...clauses, ...splitter.flush()]
    .map(toSpeakable)
    .filter((clause) => clause !== '');
}

test.each([
  [`Well. See ${long} for more of it. Bye.`, long],
  [`Look at <${long}>. Bye now.`, long],
  [`请看${long}。然后再说。`, long],
  [`Is it ${long}`, long],
])('no clause ends inside the address of %j', (text, address) => {
  for (const size of [1, 3, 7, text.length])
    expect(listClauses(text, size).filter((clause) => clause.includes('abc/'))).toEqual(
      [expect.stringContaining(address)],
    );
});

test.each([
  [`See [the page](${long}) for more.`, 'See the page for more.'],
  ['Use `foo(a, b); bar. Baz(c)` now. Bye.', 'Use now. Bye.'],
])('of %j nothing is said that is for the eyes', (text, sentence) => {
  for (const size of [1, 3, 7, text.length])
    expect(listClauses(text, size).join(' ')).toBe(sentence);
});

test('an address without an end is cut, so that it stops no answer', () => {
  const clauses = listClauses(`See https://a.b/${'x'.repeat(5_000)}`, 50);
  expect(clauses.length).toBeGreaterThan(1);
  expect(clauses.join('').length).toBeGreaterThan(5_000);
});
