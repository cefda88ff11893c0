import { toPersonId } from '#src/base/ids.ts';
import type { OverlapKind } from '#src/turn/overlap/overlap-speech.ts';
import type { BargeInEvent } from '#src/turn/overlap/step-barge-in.ts';
import { fc } from '#test/properties.ts';
import {
  announcementBegan,
  makeAnswering,
  makeVoice,
  makeWords,
  reportingRules,
  runEvents,
  type TimedEffect,
} from './interruption-run.ts';

const talkMs = 12_000;
const untilMs = 60_000;
/** A hold, and what may begin in its last instant: a voice whose end and words get lost. */
const longestPauseMs = 20_000 + 6_000;

const ann = toPersonId('ann');
const people = fc.constantFrom(ann, toPersonId('ben'), toPersonId('cleo'));
const instant = fc.integer({ min: 0, max: talkMs });
const kinds: readonly OverlapKind[] = [
  ...(['stop', 'wait', 'go-on', 'backchannel', 'never-mind'] as const),
  ...(['other', 'aside', 'empty', 'noise'] as const),
];

const heard = fc
  .record({
    who: people,
    what: fc.constantFrom(...kinds),
    atMs: instant,
    isFinal: fc.boolean(),
    meant: fc.boolean(),
    sure: fc.boolean(),
  })
  .map(({ who, what, atMs, ...more }) => [makeWords(who, what, atMs, more)]);

const level = fc.integer({ min: -60, max: -10 });

/** Any of its notices may be lost. */
const spoken = fc
  .record({
    who: people,
    atMs: instant,
    voicedMs: fc.integer({ min: 0, max: 3_000 }),
    levelsDb: fc.array(level, { maxLength: 20 }),
    lost: fc.constantFrom('began', 'paused', 'ended', 'nothing'),
  })
  .map(({ who, atMs, voicedMs, levelsDb, lost }) =>
    makeVoice(who, atMs, voicedMs, levelsDb).filter(({ kind }) => kind !== lost),
  );

const left = fc
  .record({ personId: people, atMs: instant })
  .map((who): BargeInEvent[] => [{ kind: 'left', ...who }]);

const talk = fc
  .array(fc.oneof(heard, spoken, spoken, left), { maxLength: 14 })
  .map((a) => a.flat());

/** Times of one and of the other, which take turns. */
function pairTurns(
  done: readonly TimedEffect[],
  on: string,
  off: string,
): [number[], number[]] {
  const both = done.filter(({ kind }) => kind === on || kind === off);
  for (const [n, { kind }] of both.entries()) expect(kind).toBe(n % 2 ? off : on);
  const listTimes = (which: string) =>
    both.flatMap(({ kind, atMs }) => (kind === which ? atMs : []));
  return [listTimes(on), listTimes(off)];
}

/** Fate of one reply. */
function findFate(done: readonly TimedEffect[]) {
  const [ducks, unducks] = pairTurns(done, 'duck', 'unduck');
  expect(unducks.length).toBe(ducks.length);
  const [pauses, resumes] = pairTurns(done, 'pause', 'resume');
  const end = done.findIndex(({ kind }) => kind === 'stop' || kind === 'yield');
  if (end === -1) expect(resumes.length).toBe(pauses.length);
  else for (const { kind } of done.slice(end + 1)) expect(kind).toBe('unduck');
  return end === -1 ? 'speaking' : 'over';
}

test('whatever is said or lost: it speaks on or is over, never stuck, at full level, and nothing follows an end', () =>
  fc.assert(
    fc.property(talk, instant, fc.boolean(), (events, beganMs, toAnn) => {
      const began = toAnn
        ? makeAnswering(ann, beganMs)
        : { ...announcementBegan, atMs: beganMs };
      const done = runEvents([began, ...events], untilMs);
      const lastMs = Math.max(0, ...events.map(({ atMs }) => atMs));
      findFate(done);
      expect(
        done.filter(({ kind }) => kind === 'finish-clause').length,
      ).toBeLessThanOrEqual(1);
      const late = done.findLast(({ kind }) => kind === 'resume' || kind === 'stop');
      expect(late?.atMs ?? 0).toBeLessThanOrEqual(lastMs + longestPauseMs);
    }),
    { numRuns: 300 },
  ));

test('what must be said is never paused, stopped or left', () =>
  fc.assert(
    fc.property(talk, (events) => {
      const done = runEvents([reportingRules, ...events], untilMs);
      for (const { kind } of done) expect(['duck', 'unduck']).toContain(kind);
      findFate(done);
    }),
    { numRuns: 150 },
  ));

test('a final stop from anybody ends it, and so do unknown words of the person being answered', () =>
  fc.assert(
    fc.property(talk, people, fc.boolean(), (events, who, stops) => {
      const last = stops
        ? makeWords(who, 'stop', 15_500)
        : makeWords(ann, 'other', 15_500);
      const again = makeVoice(stops ? who : ann, 15_100, 320);
      expect(
        findFate(runEvents([makeAnswering(), ...events, ...again, last], untilMs)),
      ).toBe('over');
    }),
    { numRuns: 150 },
  ));

test('replies that follow each other are each left at full level', () =>
  fc.assert(
    fc.property(talk, fc.array(instant, { maxLength: 6 }), (events, began) => {
      const replies = began.map((atMs) => makeAnswering(ann, atMs));
      const event: BargeInEvent = { kind: 'reply-over', atMs: 50_000 };
      const done = runEvents([...replies, ...events, event], untilMs);
      const [ducks, unducks] = pairTurns(done, 'duck', 'unduck');
      expect(unducks.length).toBe(ducks.length);
    }),
    { numRuns: 100 },
  ));
