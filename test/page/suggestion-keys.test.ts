import { pressKey } from '#page/room/command-line.js';

/** The suggestion that is marked after these keys, of three. */
function markedAfter(...keys: readonly string[]) {
  return keys.reduce((picked, key) => {
    const done = pressKey(key, { picked, count: 3 });
    return done?.kind === 'marked' ? done.picked : picked;
  }, -1);
}

test('arrow keys walk through the suggestions, and round', () => {
  expect(markedAfter('ArrowDown')).toBe(0);
  expect(markedAfter('ArrowDown', 'ArrowDown', 'ArrowUp')).toBe(0);
  expect(markedAfter('ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown')).toBe(0);
  expect([markedAfter('ArrowUp'), markedAfter('ArrowDown', 'ArrowUp')]).toEqual([2, 2]);
});

test('Enter takes what is marked and else sends the line, Tab takes the first where none is', () => {
  expect(pressKey('Enter', { picked: 1, count: 3 })).toEqual({
    kind: 'taken',
    picked: 1,
  });
  expect(pressKey('Enter', { picked: -1, count: 3 })).toBeUndefined();
  expect(pressKey('Tab', { picked: -1, count: 3 })).toEqual({
    kind: 'taken',
    picked: 0,
  });
});

test("Escape closes the list, and without a list every key is the line's", () => {
  expect(pressKey('Escape', { picked: -1, count: 3 })).toEqual({ kind: 'closed' });
  for (const key of ['ArrowDown', 'ArrowUp', 'Tab', 'Enter', 'Escape'])
    expect(pressKey(key, { picked: -1, count: 0 })).toBeUndefined();
  expect(pressKey('a', { picked: 0, count: 3 })).toBeUndefined();
});
