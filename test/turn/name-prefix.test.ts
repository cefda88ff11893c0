import { expect, test } from 'vitest';
import { beginsWithNames, namesToBegin } from '#src/turn/answer-wording.ts';

const two = { humans: 2, waited: false };

test('an answer to one of several people begins with the name only if something else was said since', () => {
  expect(namesToBegin(['Ann'], two)).toEqual([]);
  expect(namesToBegin(['Ann'], { ...two, waited: true })).toEqual(['Ann']);
  expect(namesToBegin(['Ann'], { humans: 1, waited: true })).toEqual([]);
});

test('an answer to several people begins with three names at most', () => {
  expect(namesToBegin(['Ann', 'Ben'], two)).toEqual(['Ann', 'Ben']);
  expect(namesToBegin(['Ann', 'Ben', 'Cem', 'Dan'], two)).toEqual(['Ann', 'Ben', 'Cem']);
});

test('an answer begins with a name that stands as a word in its first 40 characters', () => {
  expect(beginsWithNames('Well, ANN: it is noon.', ['Ann'])).toBe(true);
  expect(beginsWithNames('Annually, that is.', ['Ann'])).toBe(false);
  expect(beginsWithNames('Ann: it is noon.', ['Ann', 'Ben'])).toBe(false);
  expect(beginsWithNames(`${'so '.repeat(14)}Ann`, ['Ann'])).toBe(false);
});
