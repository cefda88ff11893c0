import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Voice, VoiceEffect, VoiceEvent } from '#src/turn/endpointing.ts';
import { quiet, endpointRules as rules, stepVoice } from '#src/turn/endpointing.ts';

type Noted = VoiceEffect & { readonly notedAtMs: number };

/** Every effect, with the instant of the event that caused it. */
function play(events: readonly VoiceEvent[]): Noted[] {
  const noted: Noted[] = [];
  let voice: Voice = quiet;
  for (const event of events) {
    const [next, effect] = stepVoice(voice, event, rules);
    voice = next;
    if (effect) noted.push({ ...effect, notedAtMs: event.atMs });
  }
  return noted;
}

/** VAD windows of 32 ms, the first of them over at `fromMs` + 32. */
function windows(fromMs: number, ...probabilities: readonly number[]): VoiceEvent[] {
  return probabilities.map((probability, at) => ({
    kind: 'window',
    probability,
    atMs: fromMs + 32 * (at + 1),
  }));
}

function ticks(fromMs: number, toMs: number): VoiceEvent[] {
  const count = Math.floor((toMs - fromMs) / 20);
  return Array.from({ length: count }, (_, at) => ({ kind: 'tick', atMs: fromMs + 20 * (at + 1) }));
}

function inOrder(...events: readonly VoiceEvent[]): VoiceEvent[] {
  return events.toSorted((a, b) => a.atMs - b.atMs);
}

const kinds = (noted: readonly Noted[]) => noted.map(({ kind }) => kind);
const word = [0.9, 0.9, 0.9, 0.9, 0.9];
const wordEndMs = 5 * 32;

test('a turn begins at the third voiced window and points back to the start of the first', () => {
  expect(play(windows(1000, 0.1, 0.8, 0.8, 0.8))).toEqual([
    { kind: 'began', fromMs: 1032, atMs: 1128, notedAtMs: 1128 },
  ]);
});

test('two voiced windows, as a click makes them, begin no turn', () => {
  expect(play([...windows(0, 0.9, 0.9, 0.1, 0.9, 0.9), ...ticks(160, 2000)])).toEqual([]);
});

test('voiced windows on both sides of a stop of all packets are not in a row', () => {
  expect(play([...windows(0, 0.9, 0.9), ...windows(1000, 0.9, 0.9)])).toEqual([]);
  expect(play([...windows(0, 0.9, 0.9), { kind: 'silence-frame', atMs: 84 }])).toEqual([]);
});

test('a dip between the stop and the start threshold does not interrupt a voice', () => {
  expect(
    kinds(play([...windows(0, 0.6, 0.4, 0.4, ...Array(20).fill(0.4)), ...ticks(736, 800)])),
  ).toEqual(['began']);
});

test('a turn ends where the voice stopped, not where that was noticed', () => {
  const ended = play([...windows(0, ...word), ...ticks(wordEndMs, 2000)]).at(-1);
  expect(ended).toMatchObject({ kind: 'ended', fromMs: 0, toMs: wordEndMs });
});

test('without packets a turn ends 300 ms after the voice', () => {
  const ended = play([...windows(0, ...word), ...ticks(wordEndMs, 2000)]).at(-1);
  expect(ended).toMatchObject({ why: 'mute', notedAtMs: wordEndMs + 300 });
});

test('while packets still flow a turn ends 500 ms after the voice', () => {
  const noise = windows(wordEndMs, ...Array(60).fill(0.05));
  const ended = play(inOrder(...windows(0, ...word), ...noise, ...ticks(wordEndMs, 2000))).at(-1);
  expect(ended).toMatchObject({ why: 'quiet', notedAtMs: wordEndMs + 500 });
});

test('silence frames after 300 ms of room noise end the turn at once', () => {
  const noise = windows(wordEndMs, ...Array(9).fill(0.05));
  const closing: VoiceEvent = { kind: 'silence-frame', atMs: wordEndMs + 310 };
  const heard = inOrder(...windows(0, ...word), ...noise, ...ticks(wordEndMs, 2000), closing);
  expect(play(heard).at(-1)).toMatchObject({ why: 'mute', notedAtMs: wordEndMs + 310 });
});

test('a window made of the silence frames themselves does not count as packets flowing again', () => {
  const closing = [20, 40, 60, 80, 100].map<VoiceEvent>((ms) => ({
    kind: 'silence-frame',
    atMs: wordEndMs + ms,
  }));
  const ofThem: VoiceEvent = { kind: 'window', probability: 0, atMs: wordEndMs + 100 };
  const heard = [...windows(0, ...word), ...closing, ofThem, ...ticks(wordEndMs + 100, 2000)];
  expect(play(heard).at(-1)).toMatchObject({ why: 'mute', notedAtMs: wordEndMs + 300 });
});

test('a microphone that opens again after silence frames gets the long hangover back', () => {
  const closing: VoiceEvent = { kind: 'silence-frame', atMs: wordEndMs + 20 };
  const breath = windows(wordEndMs + 200, 0.1, 0.2, 0.3, 0.3);
  const more = windows(wordEndMs + 200 + 128, ...word);
  const all = inOrder(...windows(0, ...word), closing, ...breath, ...more, ...ticks(160, 2000));
  expect(kinds(play(all))).toEqual(['began', 'paused', 'resumed', 'paused', 'ended']);
});

test('a pause is noticed 100 ms after the voice and taken back when it goes on', () => {
  const heard = play(
    inOrder(...windows(0, ...word), ...ticks(wordEndMs, 360), ...windows(360, 0.9)),
  );
  expect(heard.slice(1)).toMatchObject([
    { kind: 'paused', notedAtMs: wordEndMs + 100 },
    { kind: 'resumed', atMs: 392 },
  ]);
});

test('a voice that never stops is cut at 30 s and goes on as the next turn', () => {
  const heard = play(windows(0, ...Array(1000).fill(0.9)));
  expect(heard.slice(0, 3)).toMatchObject([
    { kind: 'began', fromMs: 0 },
    { kind: 'ended', toMs: 30_016, why: 'too-long' },
    { kind: 'began', fromMs: 30_016 },
  ]);
});

test('a voice that the jitter buffer gave back late still counts as of when it arrived', () => {
  const late: VoiceEvent = { kind: 'window', probability: 0.9, atMs: wordEndMs + 90 };
  const heard = [...windows(0, ...word), ...ticks(160, 260), late, ...ticks(260, 2000)];
  expect(play(heard).at(-1)).toMatchObject({ kind: 'ended', toMs: wordEndMs + 90 });
});

const happening = fc.record({
  kind: fc.constantFrom('window', 'window', 'window', 'silence-frame', 'tick'),
  probability: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0.95)),
  afterMs: fc.integer({ min: 0, max: 120 }),
});

/** Anything a microphone may tell, then ticks for longer than any hangover. */
const life = fc.array(happening, { maxLength: 400 }).map((all) => {
  let atMs = 0;
  const events = all.map<VoiceEvent>(({ kind, probability, afterMs }) => {
    atMs += afterMs;
    return kind === 'window' ? { kind, probability, atMs } : { kind, atMs };
  });
  return [...events, ...ticks(atMs, atMs + 600)];
});

test('turns begin and end in turn, pauses lie inside, and each ends when ticks go on', () => {
  fc.assert(
    fc.property(life, (events) => {
      const said = kinds(play(events)).join(' ');
      expect(said).toMatch(/^(began( paused resumed)*( paused)? ended ?)*$/);
    }),
  );
});

test('no turn ends before it began, nor before its hangover', () => {
  fc.assert(
    fc.property(life, (events) => {
      for (const noted of play(events).filter(({ kind }) => kind === 'ended')) {
        expect(noted).toSatisfy(endedInTime);
      }
    }),
  );
});

function endedInTime(noted: Noted): boolean {
  if (noted.kind !== 'ended' || noted.toMs <= noted.fromMs) return false;
  const sinceVoiceMs = noted.notedAtMs - noted.toMs;
  switch (noted.why) {
    case 'quiet':
      return sinceVoiceMs >= rules.quietMs;
    case 'mute':
      return sinceVoiceMs >= rules.muteMs;
    case 'too-long':
      return noted.notedAtMs - noted.fromMs >= rules.longestMs;
  }
}
