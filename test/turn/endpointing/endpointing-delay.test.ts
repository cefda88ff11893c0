import {
  decideEndpointingDelay,
  endpointingDelayRules,
  type PauseSigns,
} from '#src/turn/endpointing/endpointing-delay.ts';
import {
  getEndingLogit,
  learnEnding,
  learnPause,
  noEndings,
  unknownHabit,
} from '#src/turn/endpointing/pause-habits.ts';
import { fc } from '#test/properties.ts';

const silent: PauseSigns = { isClosed: true, isLagging: false, isTextless: true };
const makeReading = (completeLogit: number, lastWord = 'word') => ({
  isClosed: true,
  isLagging: false,
  isTextless: false,
  endOfTurn: { completeLogit, lastWord },
});
const delayMs = (signs: PauseSigns, person = {}) =>
  decideEndpointingDelay(signs, endpointingDelayRules, person).delayMs;

function learnPauses(...pausesMs: readonly number[]) {
  return pausesMs.reduce(learnPause, unknownHabit);
}

test('an answer is prepared as soon as the text is likelier over than not', () => {
  expect(
    decideEndpointingDelay(makeReading(2), endpointingDelayRules, {}).preemptiveLeadMs,
  ).toBe(endpointingDelayRules.preemptiveLeadMs);
  expect(
    decideEndpointingDelay(makeReading(0.3), endpointingDelayRules, {})
      .preemptiveLeadMs,
  ).toBe(endpointingDelayRules.preemptiveLeadMs);
  expect(
    decideEndpointingDelay(makeReading(0), endpointingDelayRules, {}).preemptiveLeadMs,
  ).toBe(0);
});

test('people who pause long are given time, people who hardly pause are answered sooner', () => {
  const slow = { habit: learnPauses(...Array(20).fill(1100)) };
  const quick = { habit: learnPauses(...Array(20).fill(120)) };
  for (const signs of [silent, makeReading(0), makeReading(1.2)]) {
    expect(delayMs(signs, slow)).toBeGreaterThan(delayMs(signs));
    expect(delayMs(signs, quick)).toBeLessThan(delayMs(signs));
  }
});

test('last words that often went on are waited for, in any language and without a list', () => {
  let endings = noEndings;
  for (let n = 0; n < 10; n++) endings = learnEnding(endings, 'siis', 'went-on');
  for (let n = 0; n < 10; n++) endings = learnEnding(endings, 'aitäh', 'ended');
  expect(delayMs(makeReading(0.5, 'siis'), { endings })).toBeGreaterThan(
    delayMs(makeReading(0.5)),
  );
  expect(delayMs(makeReading(0.5, 'aitäh'), { endings })).toBeLessThan(
    delayMs(makeReading(0.5)),
  );
  expect(getEndingLogit(endings, 'never heard')).toBe(0);
});

test('no sign and no habit leads out of 150 to 1,200 ms', () => {
  const signs = fc.record({
    isClosed: fc.boolean(),
    isLagging: fc.boolean(),
    isTextless: fc.boolean(),
    endOfTurn: fc.option(
      fc.record({
        completeLogit: fc.double({ min: -4, max: 4, noNaN: true }),
        lastWord: fc.string(),
      }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(signs, fc.array(fc.double()), (seen, pausesMs) => {
      const { delayMs: ms, preemptiveLeadMs } = decideEndpointingDelay(
        seen,
        endpointingDelayRules,
        {
          habit: learnPauses(...pausesMs),
        },
      );
      expect(ms).toBeGreaterThanOrEqual(150);
      expect(ms).toBeLessThanOrEqual(1200);
      expect(preemptiveLeadMs).toBeGreaterThanOrEqual(0);
    }),
  );
});
