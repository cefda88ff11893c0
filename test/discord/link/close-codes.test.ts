import { expect, test } from 'vitest';
import { afterClose, isRefusal } from '#src/discord/link/close-codes.ts';

test.each([4001, 4002, 4003, 4005, 4012, 4999])(
  'close code %i is tried once more, as 4020 is',
  (code) => {
    expect(afterClose(code)).toEqual(afterClose(4020));
    expect(isRefusal(code)).toBe(true);
  },
);

test('after 4009 a call is joined anew with the patience of 4006', () => {
  expect(afterClose(4009)).toEqual(afterClose(4006));
  expect(isRefusal(4009)).toBe(true);
});
