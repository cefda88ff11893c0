import {
  type EndpointingEvent,
  endpointRules as rules,
} from '#src/turn/endpointing/endpointing.ts';
import { fc } from '#test/properties.ts';
import {
  listKinds,
  makeTicks,
  type NotedEffect,
  runEvents,
} from './endpointing-run.ts';

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
