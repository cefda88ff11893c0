import { type PersonId, toPersonId } from '#src/base/ids.ts';
import type { OverlapKind } from '#src/turn/overlap/overlap-speech.ts';
import type { BargeInEvent } from '#src/turn/overlap/step-barge-in.ts';
import { fc } from '#test/properties.ts';
import {
  announcementBegan,
  makeAnswering,
  makePartial,
  makeVoice,
  makeWords,
  reportingRules,
  runEvents,
  runReports,
  type TimedEffect,
} from './interruption-run.ts';

const from = 1_000;

test('an answer is loud again 200 ms after a sound, however long voice activity lasts', () => {
  const dying = [-20, -20, -20, -52, -55, -55, -55];
  const transcripts = runReports([
    makeAnswering(),
    ...makeVoice(toPersonId('ann'), from, 7 * 32, dying),
  ]);
  expect(transcripts).toEqual(['duck 1032', 'unduck 1300']);
});

test('a pause ends with the sound, and no dip inside a word ends it', () => {
  const loud = Array.from({ length: 8 }, () => -20);
  const mhm = runReports(
    [makeAnswering(), ...makeVoice(toPersonId('ann'), from, 320, [...loud, -24, -40])],
    2_000,
  );
  expect(mhm).toEqual(['duck 1032', 'pause 1256', 'resume 1384', 'unduck 1520']);
  const dip = makeVoice(toPersonId('ann'), from, 480, [...loud, -40, -40, -26, -20]);
  expect(runReports([makeAnswering(), ...dip], 1_480)).toEqual([
    'duck 1032',
    'pause 1256',
  ]);
});

test('the person being answered pauses it with a voice of 220 ms, and gets the turn with any words', () => {
  const question = makeVoice(toPersonId('ann'), from, 900);
  const transcripts = runReports([
    makeAnswering(),
    ...question,
    makeWords(toPersonId('ann'), 'other', 2_300),
  ]);
  expect(transcripts).toEqual(['duck 1032', 'pause 1256', 'yield 2300', 'unduck 2300']);
});

test('in its first second any voice of the person being answered silences it at once, until one was no word', () => {
  const ann = toPersonId('ann');
  const began = makeAnswering(ann, 700);
  const goesOn = runReports([
    began,
    ...makeVoice(ann, from, 900),
    makeWords(ann, 'other', 2_300),
  ]);
  expect(goesOn).toEqual(['duck 1032', 'pause 1032', 'yield 2300', 'unduck 2300']);
  const coughs = [...makeVoice(ann, from, 160), ...makeVoice(ann, 1_500, 160)];
  const first = ['duck 1032', 'pause 1032', 'resume 1224', 'unduck 1360'];
  expect(runReports([began, ...coughs])).toEqual([
    ...first,
    'duck 1532',
    'unduck 1860',
  ]);
});

test('in its first second the voice of another person only lowers it', () => {
  const transcripts = runReports([
    makeAnswering(toPersonId('ann'), 700),
    ...makeVoice(toPersonId('ben'), from, 320),
  ]);
  expect(transcripts).toEqual(['duck 1032', 'unduck 1520']);
});

test('a voice that was too little for a recogniser pauses it no longer than it lasts', () => {
  const voice = makeVoice(toPersonId('ann'), from, 480).map((event) =>
    event.kind === 'ended' ? { ...event, isWordless: true } : event,
  );
  const transcripts = runReports([makeAnswering(), ...voice]);
  expect(transcripts).toEqual([
    'duck 1032',
    'pause 1256',
    'unduck 1680',
    'resume 1680',
  ]);
});

test('what is proven harmless while it sounds is forgotten with its end, and pauses nothing', () => {
  const mhm = makeVoice(toPersonId('ann'), from, 352);
  const transcripts = runReports([
    makeAnswering(),
    ...mhm,
    makePartial(toPersonId('ann'), 'backchannel', 1_200),
  ]);
  expect(transcripts).toEqual(['duck 1032', 'unduck 1416']);
});

test('a partial backchannel takes the pause of a loud voice back at once', () => {
  const mhm = makeVoice(toPersonId('ann'), from, 352);
  const transcripts = runReports([
    makeAnswering(),
    ...mhm,
    makePartial(toPersonId('ann'), 'backchannel', 1_270),
  ]);
  expect(transcripts.slice(0, 3)).toEqual(['duck 1032', 'pause 1256', 'resume 1270']);
});

test('a backchannel that goes on into a question pauses it after all', () => {
  const both = makeVoice(toPersonId('ann'), from, 900);
  const transcripts = runReports([
    makeAnswering(),
    ...both,
    makePartial(toPersonId('ann'), 'backchannel', 1_200),
  ]);
  expect(transcripts.slice(0, 2)).toEqual(['duck 1032', 'pause 1416']);
});

test('a final backchannel lets it speak on after words that had paused it, and a partial one does not', () => {
  const both = [
    ...makeVoice(toPersonId('ann'), from, 900),
    makePartial(toPersonId('ann'), 'stop', 1_150),
  ];
  const easeOff = (isFinal: boolean) =>
    runReports(
      [
        makeAnswering(),
        ...both,
        makeWords(toPersonId('ann'), 'backchannel', 1_300, { isFinal }),
      ],
      1_400,
    );
  expect(easeOff(true).slice(0, 3)).toEqual(['duck 1032', 'pause 1150', 'resume 1300']);
  expect(easeOff(false)).toEqual(['duck 1032', 'pause 1150']);
});

test('without a final text a long voice gets the turn, and a short one is forgotten', () => {
  const long = runReports([
    makeAnswering(),
    ...makeVoice(toPersonId('ann'), from, 704),
  ]);
  expect(long.at(-2)).toBe('yield 3420');
  const short = runReports([
    makeAnswering(),
    ...makeVoice(toPersonId('ann'), from, 640),
  ]);
  expect(short.slice(2)).toEqual(['unduck 3340', 'resume 3340']);
});

test('a partial stop counts at once when sure, and else when nothing follows', () => {
  const events = [makeAnswering(), ...makeVoice(toPersonId('ben'), from, 200)];
  expect(
    runReports([
      ...events,
      makePartial(toPersonId('ben'), 'stop', 1_150, { sure: true }),
    ]),
  ).toContain('stop 1150');
  const alone = runReports([...events, makePartial(toPersonId('ben'), 'stop', 1_150)]);
  expect(alone).toEqual(['duck 1032', 'pause 1150', 'stop 1392', 'unduck 1392']);
});

test('never mind stops it, from somebody who has a say in it', () => {
  const sayNeverMind = (who: PersonId) => [
    ...makeVoice(who, from, 320),
    makeWords(who, 'never-mind', 1_600),
  ];
  expect(runReports([makeAnswering(), ...sayNeverMind(toPersonId('ann'))])).toContain(
    'stop 1600',
  );
  expect(runReports([announcementBegan, ...sayNeverMind(toPersonId('ben'))])).toContain(
    'stop 1600',
  );
  expect(
    runReports([makeAnswering(), ...sayNeverMind(toPersonId('ben'))]),
  ).not.toContain('stop 1600');
});

test('"wait" holds an answer for 20 s, and then it goes on after a cue', () => {
  const transcripts = runReports([
    makeAnswering(),
    ...makeVoice(toPersonId('ann'), from, 400),
    makeWords(toPersonId('ann'), 'wait', 1_600),
  ]);
  const after = ['unduck 1600', 'go-on-cue 21600', 'resume 21600'];
  expect(transcripts).toEqual(['duck 1032', 'pause 1256', ...after]);
});

test('go on ends a hold, and so does leaving', () => {
  const wait = [
    makeAnswering(),
    ...makeVoice(toPersonId('ann'), from, 320),
    makeWords(toPersonId('ann'), 'wait', 1_600),
  ];
  const goOn = runReports([
    ...wait,
    ...makeVoice(toPersonId('ann'), 5_000, 250),
    makeWords(toPersonId('ann'), 'go-on', 5_500),
  ]);
  expect(goOn.at(-1)).toBe('resume 5500');
  const left = runReports([
    ...wait,
    { kind: 'left', personId: toPersonId('ann'), atMs: 6_000 },
  ]);
  expect(left.at(-1)).toBe('resume 6000');
});

test('"mhm" during a hold, or "go on" of somebody who has no say, does not end it', () => {
  const wait = [
    makeAnswering(),
    ...makeVoice(toPersonId('ann'), from, 320),
    makeWords(toPersonId('ann'), 'wait', 1_600),
  ];
  for (const [who, what] of [
    ['ann', 'backchannel'],
    ['ben', 'go-on'],
  ] as const) {
    const transcripts = runReports([
      ...wait,
      ...makeVoice(toPersonId(who), 5_000, 250),
      makeWords(toPersonId(who), what, 5_500),
    ]);
    expect(transcripts.at(-1)).toBe('resume 21600');
  }
});

test('whoever begins again before the first words are known still holds it', () => {
  const twice = [
    ...makeVoice(toPersonId('ann'), from, 400),
    ...makeVoice(toPersonId('ann'), 2_500, 64),
  ];
  expect(runReports([makeAnswering(), ...twice])).toEqual([
    'duck 1032',
    'pause 1256',
    'unduck 4280',
    'resume 4280',
  ]);
});

test('somebody else only ducks it, and pauses it when it lasts', () => {
  const talk = runReports([
    makeAnswering(),
    ...makeVoice(toPersonId('ben'), from, 1_400),
    makeWords(toPersonId('ben'), 'other', 2_700),
  ]);
  expect(talk).toEqual(['duck 1032', 'unduck 2576']);
  const long = runReports([
    makeAnswering(),
    ...makeVoice(toPersonId('ben'), from, 2_016),
  ]);
  expect(long).toEqual(['duck 1032', 'pause 2504', 'unduck 3216', 'resume 3216']);
});

test('what must be said is at most made quieter', () => {
  const events = [
    ...makeVoice(toPersonId('ann'), from, 900),
    ...makeVoice(toPersonId('ben'), from + 1, 2_976),
  ];
  const transcripts = runReports([
    reportingRules,
    ...events,
    makeWords(toPersonId('ben'), 'stop', 4_300),
    makeWords(toPersonId('ann'), 'other', 2_300),
  ]);
  expect(transcripts).toEqual(['duck 1032', 'unduck 4177']);
});

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
