import { expect, test } from 'vitest';
import { readTyped } from '#src/console/prompt/typed.ts';

test.each([
  ['', { kind: 'nothing' }],
  ['  ', { kind: 'nothing' }],
  ['?', { kind: 'help' }],
  ['quit', { kind: 'quit' }],
  [' hello there ', { kind: 'speech', text: 'hello there' }],
  ['quit that', { kind: 'speech', text: 'quit that' }],
  ['bob: hello', { kind: 'speech', person: 'Bob', text: 'hello' }],
  ['Émile:  hello', { kind: 'speech', person: 'Émile', text: 'hello' }],
  ['well, bob: hello', { kind: 'speech', text: 'well, bob: hello' }],
  ['http://127.0.0.1', { kind: 'speech', text: 'http://127.0.0.1' }],
  ['at 10:30', { kind: 'speech', text: 'at 10:30' }],
  ['/say text:hi', { kind: 'slash', line: '/say text:hi' }],
  ['bob:/join', { kind: 'slash', person: 'Bob', line: '/join' }],
  ['bob: /say bob: hi', { kind: 'slash', person: 'Bob', line: '/say bob: hi' }],
  ['bob: quit', { kind: 'leave', person: 'Bob' }],
  ['3', { kind: 'press', number: 3 }],
  ['#12', { kind: 'press', number: 12 }],
  ['bob: #2', { kind: 'press', person: 'Bob', number: 2 }],
  ['3.', { kind: 'speech', text: '3.' }],
  ['bob:', { kind: 'wrong', why: 'Type the words of Bob, too: "bob: hello".' }],
])('%j is understood', (line, typed) => {
  expect(readTyped(line)).toEqual(typed);
});

test('a line that nobody could say in one breath is refused', () => {
  expect(readTyped('a'.repeat(100_000))).toMatchObject({ kind: 'wrong' });
});
