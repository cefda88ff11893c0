import { expect, test } from 'vitest';
import { overlapOfPartial } from '#src/turn/overlap/interruption-words.ts';

test.each([
  ['a long backchannel is one, though more may come', 'mhm', { what: 'backchannel', sure: false }],
  ['one or two letters may become any word', 'ok', { what: 'empty', sure: false }],
  ['a stop may still be turned around', 'stop', { what: 'stop', sure: false }],
  [
    'words that no further word makes a command are talk',
    'what time is it',
    { what: 'other', sure: true },
  ],
  ['the name alone is no word yet', 'Computer', { what: 'other', sure: false }],
  ['no words are none', '', { what: 'empty', sure: false }],
] as const)('%s', (_, text, overlap) => {
  expect(overlapOfPartial(text, ['Computer'])).toEqual(overlap);
});
