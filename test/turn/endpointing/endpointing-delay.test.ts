import {
  type EndpointingEvent,
  endpointRules as rules,
} from '#src/turn/endpointing/endpointing.ts';
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
import {
  listKinds,
  makeTicks,
  type NotedEffect,
  runEvents,
} from './endpointing-run.ts';

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

const texts = [
  '',
  'what time is it',
  'the capital of',
  'um',
  'two nine',
  'Ja.',
  'えっと',
  '[Music]',
];
const happening = fc.record({
  kind: fc.constantFrom('window', 'window', 'window', 'silence-frame', 'tick', 'text'),
  probability: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0.95)),
  levelDb: fc.constantFrom(-25, -35, -60),
  text: fc.constantFrom(...texts),
  afterMs: fc.integer({ min: 0, max: 120 }),
});

/** Anything a microphone and a recogniser may tell, then ticks for longer than any wait. */
const life = fc.array(happening, { maxLength: 400 }).map((all) => {
  let atMs = 0;
  const events = all.map<EndpointingEvent>(
    ({ kind, probability, levelDb, text, afterMs }) => {
      atMs += afterMs;
      if (kind === 'window') return { kind, probability, levelDb, atMs };
      return kind === 'text' ? { kind, text, atMs } : { kind, atMs };
    },
  );
  return [...events, ...makeTicks(atMs, atMs + rules.delay.maxDelayMs + 40)];
});

test('whatever comes: began and ended take turns, pauses lie inside, an answer is likely only in them', () =>
  fc.assert(
    fc.property(life, (events) => {
      const utterance = listKinds(runEvents(events)).join(' ');
      const pause = 'paused( long-pause)?( likely-over)?( long-pause)?';
      expect(utterance).toMatch(
        new RegExp(`^(began( ${pause} resumed)*( ${pause})? ended ?)*$`),
      );
      expect(utterance).not.toContain('long-pause likely-over long-pause');
    }),
  ));

test('no turn ends before it began, nor sooner than 150 or later than 1,200 ms after its voice', () =>
  fc.assert(
    fc.property(life, (events) => {
      for (const noted of runEvents(events)) {
        if (noted.kind === 'ended') expect(noted).toSatisfy(endedInTime);
      }
    }),
  ));

function endedInTime(noted: NotedEffect) {
  if (noted.kind !== 'ended' || noted.toMs <= noted.fromMs) return false;
  if (noted.why === 'too-long')
    return noted.notedAtMs - noted.fromMs >= rules.maxUtteranceMs;
  const sinceVoiceMs = noted.notedAtMs - noted.toMs;
  return (
    sinceVoiceMs >= rules.delay.minDelayMs &&
    sinceVoiceMs <= rules.delay.maxWordsDelayMs + 120
  );
}

test('no turn ends while voice sounds, whatever the recogniser says', () => {
  const sounding = fc.array(fc.constantFrom(...texts), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(sounding, (utterances) => {
      const events = utterances.flatMap<EndpointingEvent>((text, at) => [
        { kind: 'window', probability: 0.9, atMs: 32 * at },
        { kind: 'text', text, atMs: 32 * at + 1 },
        { kind: 'tick', atMs: 32 * at + 20 },
      ]);
      expect(listKinds(runEvents(events))).not.toContain('ended');
    }),
  );
});
