import { type Piece, readMarkdown } from '#page/room/markdown.js';
import { fc } from '#test/properties.ts';

const names: Readonly<Record<string, string>> = { '5': 'Adam', '8': 'general' };

/** Written with its manners as tags. */
function tagManners(text: string) {
  return readMarkdown(text, (id) => names[id]).map((paragraph) => {
    if (paragraph.kind === 'code') return `pre(${paragraph.text})`;
    return paragraph.parts.map(tagOf).join('');
  });
}

function tagOf(piece: Piece): string {
  if (piece.kind === 'text') return piece.text;
  if (piece.kind === 'time') return `time(${piece.atS} ${piece.style})`;
  const text = piece.parts.map(tagOf).join('');
  return piece.kind === 'link'
    ? `link(${text} ${piece.href})`
    : `${piece.kind}(${text})`;
}

test.each([
  ['**Ana** says *hi*', 'bold(Ana) says italic(hi)'],
  ['***both***', 'bold(italic(both))'],
  ['`**code**` and \\*stars\\*', 'code(**code**) and *stars*'],
  ['snake_case_name and 2 * 3 * 4', 'snake_case_name and 2 * 3 * 4'],
  ['<@5> in <#8>, not <@77>', 'mention(@Adam) in mention(#general), not <@77>'],
  ['at <t:1700000000:t>', 'at time(1700000000 t)'],
  [
    'see https://example.org/a_b_c or [docs](https://example.org)',
    'see link(https://example.org/a_b_c https://example.org/a_b_c) or link(docs https://example.org)',
  ],
  ['[bad](javascript:alert(1))', '[bad](javascript:alert(1))'],
  ['**never closed', '**never closed'],
  ['on https://discord.com/channels/1/8, not /1/77', 'on mention(#general), not /1/77'],
])('%s', (text, shownText) => expect(tagManners(text)).toEqual([shownText]));

test('lines of words stand together, and code on its own', () => {
  const text = 'one\ntwo\n```js\nlet a = 1;\n```\nend';
  expect(tagManners(text)).toEqual(['one\ntwo', 'pre(let a = 1;)', 'end']);
});

test('no letter of words without marks is lost, and hostile marks end', () => {
  const plain = fc.string({
    unit: fc.constantFrom('a', 'b', ' ', '.', 'ä', '7'),
    minLength: 1,
  });
  fc.assert(
    fc.property(plain, (text) => {
      expect(tagManners(text)).toEqual([text]);
    }),
  );
  const hostile = fc.string({
    unit: fc.constantFrom('*', '_', '`', '|', '~', '<', '>', 'a', '\n', '[', '('),
  });
  fc.assert(
    fc.property(hostile, (text) => {
      tagManners(text);
    }),
  );
  expect(tagManners('*_'.repeat(1_000)).join('').length).toBeGreaterThan(0);
});
