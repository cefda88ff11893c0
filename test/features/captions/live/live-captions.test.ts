import type { CaptionLine } from '#src/features/captions/live/caption-line.ts';
import { toLogged } from '#test/fakes/to-logged.ts';
import { countRuns, fc } from '#test/properties.ts';
import { InstantChat, makeCaptionLine, openLive } from './live-captions-setup.ts';

test('whole words are urgent, words that go on are not', () => {
  const chat = new InstantChat();
  const listUrgencies = (state: CaptionLine['state'], text: string) => {
    const countBefore = chat.desired.length;
    chat.put(makeCaptionLine(1, 'Ana', text, { state }));
    return chat.desired.slice(countBefore).map(({ urgency }) => urgency);
  };
  expect(listUrgencies('partial', 'one')).toEqual(['partial']);
  expect(listUrgencies('whole', 'one two')).toEqual(['whole']);
  expect(listUrgencies(undefined, 'one two')).toEqual(['whole']);
});

test('lines stand in the order of their beginnings, and one that is heard late goes last, with its time', () => {
  const chat = new InstantChat();
  chat.put(
    makeCaptionLine(1, 'Ana', 'one', { state: 'partial' }),
    makeCaptionLine(5, 'Ana', 'five'),
  );
  chat.put(
    makeCaptionLine(4, 'Ben', 'four'),
    makeCaptionLine(3, 'Ben', 'thr', { state: 'partial' }),
  );
  chat.put(makeCaptionLine(1, 'Ana', 'one'), makeCaptionLine(3, 'Ben', 'three'));
  expect(chat.lines).toEqual([
    '**Ana** one',
    '**Ben** four',
    '**Ana** five',
    '**Ben** (20:00:30) three',
  ]);
});

test('a message takes lines until it is full, and a line that grows beyond it moves on', () => {
  const chat = new InstantChat();
  chat.put(
    makeCaptionLine(1, 'Ana', 'x'.repeat(700), { state: 'partial' }),
    makeCaptionLine(2, 'Ben', 'y'.repeat(700)),
  );
  chat.put(makeCaptionLine(1, 'Ana', 'x'.repeat(1_400)));
  expect(chat.texts.map((text) => text.slice(0, 28))).toEqual([
    `**Ben** ${'y'.repeat(20)}`,
    `**Ana** ${'x'.repeat(20)}`,
  ]);
});

test('a translation stands below its line, however long both are', () => {
  const chat = new InstantChat();
  chat.put(makeCaptionLine(1, 'Ana', 'one'), makeCaptionLine(2, 'Ben', 'two'));
  chat.live.setTranslation(1, '# eins');
  expect(chat.texts).toEqual(['**Ana** one\n-# \\# eins\n**Ben** two']);
  chat.put(
    makeCaptionLine(3, 'Cem', 'x '.repeat(900), { translation: 'y '.repeat(900) }),
  );
  expect(chat.texts.every((text) => text.length <= 2_000)).toBe(true);
  expect(chat.lines.at(-1)).toMatch(/^-# y y .*…$/);
});

test('the lines of a message that a person deleted are gone', () => {
  const chat = new InstantChat();
  chat.put(
    makeCaptionLine(1, 'Ana', 'one', { state: 'partial' }),
    makeCaptionLine(2, 'Ben', 'two'),
  );
  chat.delete('captions 1');
  chat.put(makeCaptionLine(1, 'Ana', 'one two'), makeCaptionLine(3, 'Ben', 'three'));
  expect(chat.lines).toEqual(['**Ben** three']);
});

test('after a chat is gone nothing is shown', () => {
  let count = 0;
  const { live, troubles } = openLive((_, report) => {
    count++;
    report({ kind: 'chat-gone' });
  });
  live.putLine(makeCaptionLine(1, 'Ana', 'one'));
  live.putLine(makeCaptionLine(2, 'Ben', 'two'));
  expect([count, troubles]).toEqual([
    1,
    [expect.stringContaining('is gone, or closed to the bot')],
  ]);
});

test('a refused message is given up with its lines, and the next line goes into a new one', () => {
  const chat = new InstantChat();
  chat.refuses = () => ({ kind: 'refused', why: toLogged('too bold') });
  chat.put(makeCaptionLine(1, 'Ana', 'one *two*'));
  expect(chat.desired.map(({ text }) => text)).toEqual(['**Ana** one \\*two\\*']);
  expect(chat.reported.troubles).toEqual([
    'Discord refused a message with captions: too bold',
  ]);
  chat.refuses = undefined;
  chat.put(makeCaptionLine(2, 'Ana', 'next'));
  expect(chat.lines).toEqual(['**Ana** next']);
});

test('a forgotten line goes from its message, and a message without lines is deleted', () => {
  const chat = new InstantChat();
  chat.put(makeCaptionLine(1, 'Ana', 'one'), makeCaptionLine(2, 'Ben', 'two'));
  chat.live.removeLines([1]);
  expect(chat.texts).toEqual(['**Ben** two']);
  expect(chat.desired.at(-1)?.urgency).toBe('whole');
  chat.put(makeCaptionLine(1, 'Ana', 'one'));
  chat.live.removeLines([2, 99]);
  chat.put(makeCaptionLine(99, 'Ana', 'late'));
  expect(chat.texts).toEqual([]);
});

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
