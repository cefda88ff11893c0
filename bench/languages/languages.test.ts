import { expect, test } from 'vitest';
import { peopleOf } from '#bench/manners/channel.ts';
import { answerDelays } from './answer-delays.ts';
import { answeredInForeign, crowd, isRight, playScenarios } from './play-scenarios.ts';
import { benchLanguages, languageScenarios } from './scenarios.ts';

const personIds = peopleOf(crowd).map(({ id }) => id);
const scenarios = languageScenarios(400, personIds);

test('every language is spoken in the scenarios, and every kind of turn', () => {
  const turns = scenarios.flatMap(({ turns: own }) => own);
  expect(new Set(turns.map(({ language }) => language))).toEqual(new Set(benchLanguages));
  expect(benchLanguages.length).toBeGreaterThanOrEqual(12);
  expect(new Set(turns.map(({ personId }) => personId)).size).toBe(5);
  expect(new Set(turns.map(({ kind }) => kind)).size).toBe(4);
  expect(scenarios).toHaveLength(400);
});

test.each([
  ['tells the language', true],
  ['tells none', false],
])(
  'with a recogniser that %s everybody is answered in their own, in its voice',
  async (_, reports) => {
    const some = scenarios.filter((_scenario, n) => [0, 5, 18].includes(n));
    const outcomes = await playScenarios(some, reports);
    const counted = outcomes.filter(({ turn }) => turn.kind !== 'unsettled');
    expect(counted.filter((one) => !isRight(one))).toEqual([]);
    expect(outcomes.filter(answeredInForeign)).toEqual([]);
    const hinted = outcomes.filter(({ turn }) => turn.isHinted);
    expect(hinted.map(({ hint }) => hint)).toEqual(hinted.map(({ turn }) => turn.wanted));
  },
);

test('an answer is timed with languages and without', async () => {
  const [scenario] = scenarios;
  const { withMs, withoutMs } = await answerDelays(scenario?.turns ?? []);
  expect([withMs.length, withoutMs.length]).toEqual([6, 6]);
});
