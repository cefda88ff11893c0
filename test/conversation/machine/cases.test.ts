import { expect, test } from 'vitest';
import { behaviours } from './behaviours.ts';
import { conversationCases } from './cases.ts';
import { playCase } from './play-case.ts';

test.each(conversationCases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
  const expected = one.steps.map(([, ...effects]) => effects);
  expect(playCase(one)).toEqual(expected);
});

test('each behaviour of the machine has a case, and each case names behaviours that there are', () => {
  const tested = new Set(conversationCases.flatMap((one) => one.behaviours));
  expect([...tested].toSorted()).toEqual(Object.keys(behaviours).toSorted());
});

test('no two cases have the same name', () => {
  const names = conversationCases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

/** The fifteen situations in which a conversation goes wrong most easily, and the case of each. */
const hardSituations = [
  'trusted partial words are answered before they are final; wrong ones are discarded',
  'speech within 1.5 s of the end is answered together with it, needs no name, and is one turn',
  'a cough after a question keeps the answer that is being made, and words that follow still go on with it',
  'who turns to somebody else after a question is answered to the question alone',
  'a recogniser that stalls holds up nobody: the next words stand alone after half a second, late ones are answered, too',
  'the same question of two people is answered once, to both; with the no of the first the second keeps it',
  'a no in the middle of a sentence drops all of it; words that come late meet nothing',
  'a question over the answer: it is silent, what was heard is known, the new one is answered',
  'who goes on while the answer sounds is answered anew, with all of it',
  '"stop" before the first sound drops the answer, whoever asked',
  'a lost link: what was heard in part is over, what waits is answered when it is back, what is being said is not',
  'a change runs once for a turn: after a lost link its result is known, and nothing runs again',
  'a spoken yes confirms what was asked aloud, once its speaker does not go on',
  'a slow answer is put aside, others are answered, and it comes at the next pause by name',
  'there is no money: the channel reads it once, then the panel; who asked the same is asked for on their own share',
];

test('each of the fifteen hard situations has a case', () => {
  const names = conversationCases.map(({ name }) => name);
  expect(hardSituations.filter((one) => !names.includes(one))).toEqual([]);
  expect(hardSituations).toHaveLength(15);
});
