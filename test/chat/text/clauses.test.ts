import { expect, test } from 'vitest';
import { ClauseSplitter } from '#src/chat/text/clauses.ts';
import { fc } from '#test/properties.ts';
import { expectLinear } from '#test/regexps/growth.ts';

function clauses(...pieces: string[]): string[] {
  const splitter = new ClauseSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
}

const packed = (text: string) => text.replace(/\s+/g, '');

test('the first clause ends at the first pause after three words', () => {
  expect(clauses('Well, as far as I know, it is four. That is all there is to say.')).toEqual([
    'Well, as far as I know,',
    'it is four. That is all there is to say.',
  ]);
});

test('a short first sentence goes alone, short later ones go together', () => {
  expect(clauses('Sure. I can. It is easy. You only have to ask me for it.')).toEqual([
    'Sure.',
    'I can. It is easy. You only have to ask me for it.',
  ]);
  expect(
    clauses('Yes! The train leaves at nine in the morning. It arrives at noon in Rome.'),
  ).toEqual(['Yes!', 'The train leaves at nine in the morning.', 'It arrives at noon in Rome.']);
});

test('a sentence goes to speech one token after its end', () => {
  const splitter = new ClauseSplitter();
  const tokens = ['It', ' is', ' four', '.', ' And'];
  expect(tokens.map((token) => splitter.push(token).length)).toEqual([0, 0, 0, 0, 1]);
});

test('an eager splitter gives the first sentence away with its stop, and only that one', () => {
  const splitter = new ClauseSplitter({ eager: true });
  const tokens = ['Here', ' it', ' is.', ' Take', ' it', ' while', ' it', ' is', ' warm.', ' Now'];
  expect(tokens.map((token) => splitter.push(token).length)).toEqual([
    0, 0, 1, 0, 0, 0, 0, 0, 0, 1,
  ]);
});

test('an eager splitter gives the first clause away with its comma, without a token more', () => {
  const splitter = new ClauseSplitter({ eager: true });
  const tokens = [
    'As',
    ' far',
    ' as',
    ' I',
    ' know',
    ',',
    ' it',
    ' is',
    ' four',
    ',',
    ' or',
    ' so.',
  ];
  const given = tokens.map((token) => splitter.push(token));
  expect(given[5]).toEqual(['As far as I know,']);
  expect(given.flat()).toEqual(['As far as I know,']);
  expect(splitter.flush()).toEqual(['it is four, or so.']);
});

test.each([
  ['So', ' weit', ' ich', ' wei\u00df,'],
  [
    '\u041d\u0430\u0441\u043a\u043e\u043b\u044c\u043a\u043e',
    ' \u044f',
    ' \u0437\u043d\u0430\u044e,',
  ],
  ['\u062d\u0633\u0628', ' \u0645\u0627', ' \u0623\u0639\u0644\u0645\u060c'],
  [
    '\u091c\u0939\u093e\u0901',
    ' \u0924\u0915',
    ' \u092e\u0941\u091d\u0947',
    ' \u092a\u0924\u093e',
    ' \u0939\u0948,',
  ],
  ['\u5c31\u6211\u6240\u77e5\u9053\u7684', '\uff0c'],
  ['\u79c1\u306e\u77e5\u308b', '\u9650\u308a\u3001'],
  ['As', ' "I', ' know"', ' he', ' says', ','],
  ['It', ' (the', ' train)', ' leaves', ','],
  ['**Here**', ' is', ' what', ' I', ' know,'],
])('the comma of any script ends the first clause at the end of a token: %s%s%s', (...pieces) => {
  const splitter = new ClauseSplitter({ eager: true });
  expect(pieces.slice(0, -1).flatMap((piece) => splitter.push(piece))).toEqual([]);
  expect(splitter.push(pieces.at(-1) ?? '')).toEqual([pieces.join('')]);
});

test.each<readonly [until: readonly string[], after: readonly string[]]>([
  [
    ['It', ' costs', ' about', ' 1,'],
    ['000', ' Euro', ' today.'],
  ],
  [
    ['It', ' weighs', ' about', ' 3,'],
    ['5', ' kilos.'],
  ],
  [
    ['We', ' take', ' fruit', ' e.g.,'],
    [' apples', '.'],
  ],
  [
    ['Take', ' the', ' point', ' x,'],
    ['y', ' here.'],
  ],
  [
    ['Well', ',', ' yes', ','],
    [' of', ' course.'],
  ],
  [
    ['"As', ' far', ' as', ' I', ' know', ','],
    ['"', ' he', ' said.'],
  ],
  [
    ['\u201cAs', ' far', ' as', ' I', ' know', ','],
    ['\u201d', ' he', ' said.'],
  ],
  [
    ['\u201eSo', ' weit', ' ich', ' wei\u00df', ','],
    ['\u201c', ' sagt', ' er.'],
  ],
  [
    ['It', ' (as', ' far', ' as', ' I', ' know', ','],
    [' really)', ' is', ' four.'],
  ],
  [
    ['**As', ' far', ' as', ' I', ' know', ','],
    ['**', ' it', ' is', ' four.'],
  ],
  [
    ['See', ' the', ' page', ' https://a.b/maps', ','],
    [' now', '.'],
  ],
  [['See', ' the', ' page', ' [here', ','], [' please](https://a.b).']],
  [
    ['Please', ' do', ' say', ' "stop', '.'],
    ['"', ' Then', ' I', ' do.'],
  ],
])(
  'an eager splitter waits where a mark may be something else, or a closing one follows: %j',
  (until, after) => {
    const splitter = new ClauseSplitter({ eager: true });
    expect(until.flatMap((piece) => splitter.push(piece))).toEqual([]);
    const cut = [...after.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
    expect(cut).toEqual(clauses([...until, ...after].join('')));
  },
);

test.each([
  ['Dr.', ' Smith', ' is', ' here.'],
  ['It', ' costs', ' 3.', '50', ' Euro.'],
  ['See', ' https://a.', 'b', ' now.'],
  ['Room', ' No.', ' 5', ' is', ' free.'],
  ['We', ' meet', ' at', ' 5', ' p.m.', ' today.'],
  ['看', '[这', '里。', '](https://a.b)', ' 再见！'],
])('an eager splitter waits where a stop may be something else: %s%s%s', (...pieces) => {
  const splitter = new ClauseSplitter({ eager: true });
  expect(pieces.slice(0, -1).flatMap((piece) => splitter.push(piece))).toEqual([]);
  expect(splitter.push(pieces.at(-1) ?? '')).toEqual([pieces.join('')]);
});

test.each([
  'Dr. Smith paid 3.14 USD at 5 p.m. in the U.S. on Friday',
  'Version v2.0.1 of https://example.com/a.b?c=d is out',
  'It was J. R. Smith who said so',
  'Take fruit, e.g. apples',
  'It costs 1,000 or 10:30',
  'Room No. 5 is free',
])('nothing is cut inside: %s', (text) => {
  const later = `Hello there. ${text}. `;
  expect(clauses(later).slice(1).join(' ')).toBe(`${text}.`);
  expect(clauses(later).length).toBeLessThanOrEqual(2);
});

test.each([
  ['So do I. Then we go.', 'So do I.'],
  ['No. I do not.', 'No.'],
  ['Wait... what?! I see.', 'Wait... what?!'],
  ['"Stop!" she said to him.', '"Stop!"'],
  ['We meet at 5 p.m. Then we go.', 'We meet at 5 p.m.'],
  ['1. Boil the water.\n2. Drink it.', '1. Boil the water.'],
  ['See [the page, please](https://a.b/c) now. Yes.', 'See [the page, please](https://a.b/c) now.'],
])('%s begins with one sentence', (text, first) => {
  expect(clauses(text)[0]).toBe(first);
});

test('stops of other scripts end a sentence, with or without a space', () => {
  expect(clauses('今天天气很好。我们去公园散步吧！好吗？')).toEqual([
    '今天天气很好。',
    '我们去公园散步吧！好吗？',
  ]);
  expect(clauses('هل أنت بخير؟ نعم أنا بخير والحمد لله. شكرا')[0]).toBe('هل أنت بخير؟');
  expect(clauses('यह अच्छा है। फिर मिलेंगे')[0]).toBe('यह अच्छा है।');
});

test('a block of code is a clause of its own, dots and all', () => {
  const code = `\`\`\`js\n${'a.b(); // Yes. No. \n'.repeat(40)}\`\`\``;
  expect(clauses(`Try this:\n${code}\nThen call me again.`)).toEqual([
    'Try this:',
    code,
    'Then call me again.',
  ]);
});

test('however long a sentence or a word, a clause is short enough for any engine', () => {
  const words = 'word '.repeat(400);
  for (const text of [words, 'x'.repeat(5000), '😀'.repeat(3000), '好'.repeat(999)]) {
    const cut = clauses(text);
    expect(cut[0]?.length).toBeLessThanOrEqual(100);
    expect(Math.max(...cut.map(({ length }) => length))).toBeLessThanOrEqual(240);
    expect(packed(cut.join(''))).toBe(packed(text));
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

test('the cuts depend on the text alone, not on the pieces it came in', () => {
  fc.assert(
    fc.property(fc.array(crumb, { maxLength: 60 }), (pieces) => {
      const whole = pieces.join('');
      expect(clauses(...pieces)).toEqual(clauses(whole));
      expect(clauses(...whole)).toEqual(clauses(whole));
    }),
    { numRuns: 400 },
  );
});

test('no word is lost, said twice, or split', () => {
  fc.assert(
    fc.property(fc.array(crumb, { maxLength: 80 }), (pieces) => {
      expect(packed(clauses(...pieces).join(''))).toBe(packed(pieces.join('')));
    }),
    { numRuns: 400 },
  );
  const word = fc.stringMatching(/^[a-zA-Z]{1,12}[.,!?]?$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 120 }), (words) => {
      expect(clauses(words.join(' ')).join(' ').split(' ')).toEqual(words);
    }),
  );
});

test('after a flush the next text begins with a short clause again', () => {
  const splitter = new ClauseSplitter();
  splitter.push('One moment, please. I will look. ');
  splitter.flush();
  expect(splitter.push('It is done, and ')).toEqual(['It is done,']);
});

test('clauses are cut in time proportional to the text, however it is written', () => {
  const units = ['```...', 'https://a.b/', '[ a, ', '. '];
  const cutUp = (text: string) => {
    const splitter = new ClauseSplitter({ eager: true });
    splitter.push(text);
    splitter.flush();
  };
  expectLinear(cutUp, units);
}, 30_000);
