import {
  escapeMarkdown,
  takeFirstChars,
  toHarmlessText,
  toOneLine,
  toPostedText,
  truncate,
} from '#src/texts/plain-text.ts';

test('names are shown as they are, not read as markdown', () => {
  expect(escapeMarkdown('**loud** _a_ ~~b~~ `c` ||d|| [e](x)')).toBe(
    '\\*\\*loud\\*\\* \\_a\\_ \\~\\~b\\~\\~ \\`c\\` \\|\\|d\\|\\| \\[e\\](x)',
  );
  expect(escapeMarkdown('# big\n> quote\n- item')).toBe('\\# big\n\\> quote\n\\- item');
});

test('an address ends where markdown could begin inside it', () => {
  expect(escapeMarkdown('https://[discord.com/nitro](https://evil.example/)')).toBe(
    'https://\\[discord.com/nitro\\](https://evil.example/)',
  );
  expect(escapeMarkdown('https://a.example/`b`||c||*d')).toBe(
    'https://a.example/\\`b\\`\\|\\|c\\|\\|\\*d',
  );
});

test('nothing somebody is called mentions anybody', () => {
  const text = escapeMarkdown(
    '@everyone @here @ev\u200beryone <@1> <@&2> <#3> </join:4>',
  );
  expect(text).not.toMatch(/@(everyone|here)/);
  expect(text).not.toMatch(/(?<!\\)<[@#/]/);
});

test('writing direction and invisible characters are taken out, line breaks and emoji stay', () => {
  expect(toHarmlessText('a\u202eb\u2066c\u0000d\u200be\ufefff\u0007g')).toBe('abcdefg');
  expect(toHarmlessText('one\ntwo 👩‍👩‍👧 می‌خواهم')).toBe('one\ntwo 👩‍👩‍👧 می‌خواهم');
});

test('what is too long is cut between whole characters', () => {
  expect([truncate('abcdef', 6), truncate('abcdefg', 6)]).toEqual(['abcdef', 'abcde…']);
  expect([truncate('abcd👋g!', 6), takeFirstChars('👋👋', 3)]).toEqual(['abcd…', '👋']);
  expect(toHarmlessText('x'.repeat(100_000))).toHaveLength(2_000);
});

test('line breaks of every kind become one space each, and other spaces stay', () =>
  expect(toOneLine('Ann\r\nBen\vCem\u2028Dan  Eva\tFay')).toBe(
    'Ann Ben Cem Dan  Eva\tFay',
  ));

test('a time for each reader stays one, and other words in its form do not', () => {
  const time = '<t:1795219200:f>';
  expect([escapeMarkdown(time), toPostedText(`Until ${time}.`)]).toEqual([
    time,
    `Until ${time}.`,
  ]);
  expect(toPostedText('<t:1> <t:1795219200:R>')).toBe('< t:1> < t:1795219200:R>');
  expect(escapeMarkdown(`a ${time}`)).toBe(`a \\${time}`);
});
