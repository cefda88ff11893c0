import { countRuns, fc } from '#test/properties.ts';

import { InstantChat, makeCaptionLine } from './live-captions-setup.ts';

function showLine(name: string, text: string, translation?: string) {
  const chat = new InstantChat();
  chat.put(
    makeCaptionLine(1, name, text, translation === undefined ? {} : { translation }),
  );
  return chat.lines;
}

test('markdown is shown instead of obeyed', () => {
  expect(showLine('Ana', '# a `b` ```c``` ||d|| ~~e~~ _f_ > g')).toEqual([
    '**Ana** \\# a \\`b\\` \\`\\`\\`c\\`\\`\\` \\|\\|d\\|\\| \\~\\~e\\~\\~ \\_f\\_ > g',
  ]);
  expect(showLine('Ana', 'a', '- b')).toEqual(['**Ana** a', '-# \\- b']);
  expect(showLine('Ana', 'a', '1. b')).toEqual(['**Ana** a', '-# 1\\. b']);
});

test('a link stays readable, and no words hide where it leads', () => {
  expect(showLine('Ana', 'see (https://a.example/b_c).')).toEqual([
    '**Ana** see (https://a.example/b_c).',
  ]);
  expect(showLine('Ana', '[safe](https://evil.example)')).toEqual([
    '**Ana** \\[safe\\](https://evil.example)',
  ]);
  expect(showLine('https://evil.example', 'yes')).toEqual([
    '**https\\://evil.example** yes',
  ]);
});

test('characters without width and changes of direction are taken out, half characters replaced', () => {
  expect(showLine('A\u202ena\u200b', 'y\u2066e\u0000s \ud800 na\u034fme')).toEqual([
    '**Ana** ye s \ufffd name',
  ]);
  expect(showLine('דן', 'שלום, 343 metres')).toEqual(['**דן** שלום, 343 metres']);
});

const pieces = [
  ...[
    '**',
    '*',
    '\\',
    '_',
    '~~',
    '||',
    '`',
    '```',
    '# ',
    '> ',
    '- ',
    '-# ',
    '1. ',
    '](',
    '[',
    '<',
  ],
  ...[
    '@everyone',
    '@here',
    '<@1>',
    '<@&2>',
    '<#3>',
    '<t:4:T>',
    'https://a.b/c_d*e',
    'http://',
    ':',
  ],
  ...[
    '\n',
    '\r\n',
    '\u2028',
    '\u0085',
    '\t',
    '   ',
    '\u200b',
    '\u202e',
    '\ud83d',
    '\u3164',
    '👩‍👩‍👧',
  ],
  ...[
    '**Ben** I agree',
    'word',
    'x'.repeat(700),
    '橋'.repeat(300),
    '*'.repeat(900),
    'a '.repeat(400),
  ],
];
const words = fc
  .array(fc.constantFrom(...pieces), { maxLength: 12 })
  .map((some) => some.join(''));

/** Pattern of bold letters as Discord reads them. Source: its simple-markdown rules. */
const head = /^(?:-# )?\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*) /;

test('whatever people are called and say, each shown line is theirs, and no message too long', () => {
  const twoLines = fc.tuple(words, words, words);
  fc.assert(
    fc.property(twoLines, ([name, text, translation]) => {
      const chat = new InstantChat();
      chat.put(
        makeCaptionLine(1, name, text, { translation }),
        makeCaptionLine(2, 'Ben', 'I agree'),
      );
      expect(chat.texts.every((one) => one.length <= 2_000)).toBe(true);
      const lines = chat.lines;
      const ours = lines.filter(
        (item) => item !== '**Ben** I agree' && !item.startsWith('-# '),
      );
      expect(
        lines.filter((item) => item === '**Ben** I agree').length,
      ).toBeGreaterThanOrEqual(1);
      const names = new Set(ours.map((one) => head.exec(one)?.[1]));
      expect(names.size).toBeLessThanOrEqual(1);
      for (const shownLine of lines) {
        expect(shownLine).not.toMatch(
          /@(everyone|here)|(?<!\\)(?:\\\\)*<(?!https?:)|[\u2028\u0085\r]/,
        );
      }
    }),
    { numRuns: countRuns(150) },
  );
});
