import { expect, test } from 'vitest';
import { type AddressingVerdict, judge } from '#src/turn/addressing/addressing.ts';
import { addressingRules, initialAddressing } from '#src/turn/addressing/addressing-windows.ts';
import { cases, otherNames, severalBotsCalls, severalBotsTalk } from './addressing-cases.ts';

const names = ['Nova', 'ノヴァ', '诺娃', '노바', 'नोवा', 'نوفا', 'נובה', 'โนวา'];

function hear(text: string, to: readonly string[] = names): AddressingVerdict {
  const spoken = { speakerId: 'ana', fromMs: 0, humans: 3, present: ['Ben'], text };
  return judge(initialAddressing, spoken, { ...addressingRules, names: to }).verdict;
}

test.each(cases)('with several people, %j is a call: %s', (text, isCall) => {
  expect(hear(text).meant).toBe(isCall);
});

test.each(otherNames)('of a bot called %j, %j is a call: %s', (to, text, isCall) => {
  expect(hear(text, to).meant).toBe(isCall);
});

test('several names are told apart from talk about them', () => {
  const botNames = ['Jarvis', 'Luna', 'Nova'];
  expect(severalBotsCalls.filter((text) => !hear(text, botNames).meant)).toEqual([]);
  expect(severalBotsTalk.filter((text) => hear(text, botNames).meant)).toEqual([]);
});
