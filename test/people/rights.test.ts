import { expect, test } from 'vitest';
import { holds, type Right, type RightsFacts } from '#src/people/rights.ts';

const nobody: RightsFacts = { isHere: false, isAlone: false, isDj: false, mayManage: false };
const rights: readonly Right[] = ['anyone', 'room', 'dj', 'manage'];

test.each<[string, Partial<RightsFacts>, readonly Right[]]>([
  ['somebody elsewhere', {}, ['anyone']],
  ['a DJ elsewhere', { isDj: true }, ['anyone']],
  ['somebody there', { isHere: true }, ['anyone', 'room']],
  ['somebody alone with the bot', { isHere: true, isAlone: true }, ['anyone', 'room', 'dj']],
  ['a DJ there', { isHere: true, isDj: true }, ['anyone', 'room', 'dj']],
  ['a manager elsewhere', { mayManage: true }, ['anyone', 'dj', 'manage']],
])('%s holds exactly their rights', (_who, more, held) => {
  expect(rights.filter((right) => holds(right, { ...nobody, ...more }))).toEqual(held);
});
