import { expect, test } from 'vitest';
import {
  entryOf,
  fused,
  isLonger,
  matches,
  standsFor,
} from '#src/chat/realtime/realtime-entries.ts';
import type { TalkItem } from '#src/chat/realtime/realtime-ports.ts';

const answer = { playedMs: () => 0 };
const other = { playedMs: () => 0 };
const user = (text: string, name = 'Ana'): TalkItem => ({ kind: 'user', name, text });
const assistant = (text: string): TalkItem => ({ kind: 'assistant', text });
const entry = (item: TalkItem, soundMs = 0, of = answer) =>
  entryOf(item, of, [{ id: 'i', soundMs }]);

test('what stands in both is kept in its order, as much of it as can be', () => {
  const had = ['a', 'b', 'c', 'd', 'c'].map((text) => entry(user(text)));
  const wanted = ['b', 'x', 'd', 'c', 'a'].map((text) => user(text));
  expect(matches(had, wanted)).toEqual([
    [1, 0],
    [3, 2],
    [4, 3],
  ]);
  expect(matches([], wanted)).toEqual([]);
});

test('words are the same whatever their case and punctuation, and somebody else said others', () => {
  expect(standsFor(entry(user('what time is it')), user('What time is it?'))).toBe(true);
  expect(standsFor(entry(user('what time is it')), user('what time is it', 'Ben'))).toBe(false);
});

test('a spoken answer stands for its beginning, a written one does not', () => {
  const spoken = entry(assistant('Well, it is four.'), 900);
  expect([standsFor(spoken, assistant('Well,')), isLonger(spoken, 'Well,')]).toEqual([true, true]);
  expect(standsFor(entry(assistant('Well, it is four.')), assistant('Well,'))).toBe(false);
  expect(standsFor(spoken, assistant('It is'))).toBe(false);
  expect(standsFor(spoken, assistant('...'))).toBe(false);
});

test('sound stands for its words once they are known', () => {
  let words: string | undefined;
  const sound = {
    get words() {
      return words;
    },
    ms: 1_000,
    fill: () => undefined,
  };
  const heard = entry({ kind: 'user', name: 'Ana', text: '', sound });
  expect(standsFor(heard, user('hello'))).toBe(false);
  words = 'Hello!';
  expect(standsFor(heard, user('hello'))).toBe(true);
});

test('the items of one answer are one thing once it is over, and not before', () => {
  const all = [
    entry(user('lamp')),
    entry(user('on')),
    entry(assistant('One moment.')),
    entry(assistant('It is on.')),
    entry(user('thanks'), 0, other),
  ];
  expect(fused(all, other).map(({ text }) => text)).toEqual([
    'lamp on',
    'One moment. It is on.',
    'thanks',
  ]);
  expect(fused(all, answer)).toHaveLength(all.length);
});
