import { expect, test } from 'vitest';
import { seekTargetOf } from '#src/features/tracks/parse-seek-target.ts';

test.each([
  ['90', 'at', 90],
  ['0', 'at', 0],
  [' 1:30 ', 'at', 90],
  ['1:02:03', 'at', 3723],
  ['100:00', 'at', 6000],
  ['+10', 'by', 10],
  ['- 10', 'by', -10],
  ['−10', 'by', -10],
  ['+1:30', 'by', 90],
  ['-1:00:00', 'by', -3600],
])('%j is a place in a sound', (typed, kind, seconds) => {
  expect(seekTargetOf(typed)).toEqual({ kind, ms: seconds * 1000 });
});

test.each(['', ' ', 'soon', '1:75', '1:2:75', '1:75:00', '1:2:3:4', '1.5', '--10', ':30', '1e3'])(
  '%j is no place in a sound',
  (typed) => {
    expect(seekTargetOf(typed)).toBeUndefined();
  },
);
