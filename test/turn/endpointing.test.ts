import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Voice, VoiceEffect, VoiceEvent } from '#src/turn/endpointing.ts';
import { continues, quiet, endpointRules as rules, stepVoice } from '#src/turn/endpointing.ts';

type Noted = VoiceEffect & { readonly notedAtMs: number };

/** Every effect, with the instant of the event that caused it. */
function play(events: readonly VoiceEvent[]): Noted[] {
  const noted: Noted[] = [];
  let voice: Voice = quiet;
  for (const event of events) {
    const step = stepVoice(voice, event, rules);
    voice = step.voice;
    for (const effect of step.effects) noted.push({ ...effect, notedAtMs: event.atMs });
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

test('silence frames right after the voice are a pause at once, and the tail of the last window no resumption', () => {
  const closing = [20, 40, 60, 80, 100].flatMap<VoiceEvent>((ms) => [
    { kind: 'silence-frame', atMs: wordEndMs + ms },
    { kind: 'window', probability: 0.9 - ms / 130, atMs: wordEndMs + ms },
  ]);
  const heard = play([...windows(0, ...word), ...closing, ...ticks(wordEndMs + 100, 2000)]);
  expect(kinds(heard)).toEqual(['began', 'paused', 'likely-over', 'ended']);
  expect(heard[1]).toMatchObject({ notedAtMs: wordEndMs + 20 });
  expect(heard.at(-1)).toMatchObject({ toMs: wordEndMs, notedAtMs: wordEndMs + 300 });
});

test('a microphone that opens again after silence frames gets the long wait back', () => {
  const closing: VoiceEvent = { kind: 'silence-frame', atMs: wordEndMs + 20 };
  const breath = windows(wordEndMs + 200, 0.1, 0.2, 0.3, 0.3);
  const more = windows(wordEndMs + 200 + 128, ...word);
  const all = inOrder(...windows(0, ...word), closing, ...breath, ...more, ...ticks(160, 2000));
  expect(kinds(play(all)).filter((kind) => kind !== 'likely-over')).toEqual([
    'began',
    'paused',
    'resumed',
    'paused',
    'ended',
  ]);
});

test('two windows without voice are a pause, taken back with its length when the voice goes on', () => {
  const heard = play(
    inOrder(...windows(0, ...word, 0.1, 0.1, 0.1, 0.9), ...ticks(wordEndMs, wordEndMs + 128)),
  );
  expect(heard.slice(1)).toMatchObject([
    { kind: 'paused', notedAtMs: wordEndMs + 64 },
    { kind: 'resumed', notedAtMs: wordEndMs + 128, pausedMs: 96 },
  ]);
});

test('packets that stay away for 80 ms are a pause, one that is only late is none', () => {
  const heard = play([...windows(0, ...word), ...ticks(wordEndMs, 400)]);
  expect(heard[1]).toMatchObject({ kind: 'paused', notedAtMs: wordEndMs + 80 });
  const late = windows(wordEndMs + 32, 0.9);
  expect(kinds(play([...windows(0, ...word), ...ticks(160, 220), ...late]))).toEqual(['began']);
});

test('a voice that never stops is cut at 60 s and goes on as the next turn', () => {
  const heard = play(windows(0, ...Array(2000).fill(0.9)));
  expect(heard.slice(0, 3)).toMatchObject([
    { kind: 'began', fromMs: 0 },
    { kind: 'ended', toMs: 60_000, why: 'too-long' },
    { kind: 'began', fromMs: 60_000 },
  ]);
});

test('what ended tells how much voice there was', () => {
  const loud = windows(0, ...word).map((window) => ({ ...window, levelDb: -30 }));
  const ended = play([...loud, ...ticks(wordEndMs, 2000)]).at(-1);
  expect(ended).toMatchObject({
    heard: { voicedMs: 160, spanMs: 160, peakProbability: 0.9, meanLevelDb: -30 },
  });
});

test('speech that goes on within 1.5 s belongs to what ended', () => {
  expect(continues(1000, 2500, rules)).toBe(true);
  expect(continues(1000, 2501, rules)).toBe(false);
});

test('a voice that the jitter buffer gave back late still counts as of when it arrived', () => {
  const late: VoiceEvent = { kind: 'window', probability: 0.9, atMs: wordEndMs + 90 };
  const heard = [...windows(0, ...word), ...ticks(160, 260), late, ...ticks(260, 2000)];
  expect(play(heard).at(-1)).toMatchObject({ kind: 'ended', toMs: wordEndMs + 90 });
});

/** Closes the microphone right after a word, and lets the recogniser tell `text` so long after that. */
function toldAfter(text: string, afterMs: number): Noted[] {
  const closing: VoiceEvent = { kind: 'silence-frame', atMs: wordEndMs + 20 };
  const told: VoiceEvent = { kind: 'text', text, atMs: wordEndMs + afterMs };
  return play(inOrder(...windows(0, ...word), closing, told, ...ticks(wordEndMs, 3000)));
}

/** How long after the voice each effect came. */
const delays = (noted: readonly Noted[]) =>
  noted.map(({ kind, notedAtMs }) => [kind, notedAtMs - wordEndMs]);

test('a question that stands lets an answer be prepared as soon as its text comes, and ends at 300 ms', () => {
  expect(delays(toldAfter('what is the capital of france', 150)).slice(1)).toEqual([
    ['paused', 20],
    ['likely-over', 150],
    ['ended', 300],
  ]);
});

test('a text that comes after its wait ends the turn at once', () => {
  const delayed = toldAfter('what is the capital of france', 290);
  expect(delays(delayed).at(-1)).toEqual(['ended', 300]);
  const slow = { ...rules, textDueMs: 800 };
  let voice: Voice = quiet;
  const events: VoiceEvent[] = [
    ...windows(0, ...word),
    { kind: 'silence-frame', atMs: wordEndMs + 20 },
    { kind: 'tick', atMs: 700 },
    { kind: 'text', text: 'what is the capital of france', atMs: 710 },
  ];
  const all = events.map((event) => {
    const step = stepVoice(voice, event, slow);
    voice = step.voice;
    return step.effects.map(({ kind }) => kind);
  });
  expect(all.at(-2)).toEqual([]);
  expect(all.at(-1)).toEqual(['ended']);
});

test('a sentence in its middle is waited for, and no answer is prepared before', () => {
  const heard = delays(toldAfter('what is the capital of', 150));
  expect(heard.map(([kind]) => kind)).toEqual(['began', 'paused', 'ended']);
  expect(heard.at(-1)?.[1]).toBeGreaterThanOrEqual(1000);
});

test('numbers being dictated are waited for over their usual pauses', () => {
  expect(Number(delays(toldAfter('two nine three', 150)).at(-1)?.[1])).toBeGreaterThanOrEqual(900);
});

test('a partial from before the last words neither shortens the wait nor counts as the whole', () => {
  const partial: VoiceEvent = { kind: 'text', text: 'what time is it', atMs: 120 };
  const closing: VoiceEvent = { kind: 'silence-frame', atMs: wordEndMs + 20 };
  const all = inOrder(...windows(0, ...word), partial, closing, ...ticks(wordEndMs, 2000));
  expect(delays(play(all)).at(-1)).toEqual(['ended', 300]);
});

test('words still changing in the pause hold the end back until they rest', () => {
  const closing: VoiceEvent = { kind: 'silence-frame', atMs: wordEndMs + 20 };
  const told = ['what ti', 'what time', 'what time is', 'what time is it'].map<VoiceEvent>(
    (text, at) => ({ kind: 'text', text, atMs: wordEndMs + 60 + 80 * at }),
  );
  const all = inOrder(...windows(0, ...word), closing, ...told, ...ticks(wordEndMs, 2000));
  expect(delays(play(all)).at(-1)).toEqual(['ended', 420]);
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
  text: fc.constantFrom(...texts),
  afterMs: fc.integer({ min: 0, max: 120 }),
});

/** Anything a microphone and a recogniser may tell, then ticks for longer than any wait. */
const life = fc.array(happening, { maxLength: 400 }).map((all) => {
  let atMs = 0;
  const events = all.map<VoiceEvent>(({ kind, probability, text, afterMs }) => {
    atMs += afterMs;
    if (kind === 'window') return { kind, probability, atMs };
    return kind === 'text' ? { kind, text, atMs } : { kind, atMs };
  });
  return [...events, ...ticks(atMs, atMs + rules.mostMs + 40)];
});

test('whatever comes: began and ended take turns, pauses lie inside, an answer is likely only in them', () => {
  fc.assert(
    fc.property(life, (events) => {
      const said = kinds(play(events)).join(' ');
      const pause = 'paused( likely-over)?';
      expect(said).toMatch(new RegExp(`^(began( ${pause} resumed)*( ${pause})? ended ?)*$`));
    }),
  );
});

test('no turn ends before it began, nor sooner than 150 or later than 1,200 ms after its voice', () => {
  fc.assert(
    fc.property(life, (events) => {
      for (const noted of play(events)) {
        if (noted.kind === 'ended') expect(noted).toSatisfy(endedInTime);
      }
    }),
  );
});

function endedInTime(noted: Noted): boolean {
  if (noted.kind !== 'ended' || noted.toMs <= noted.fromMs) return false;
  if (noted.why === 'too-long') return noted.notedAtMs - noted.fromMs >= rules.longestMs;
  const sinceVoiceMs = noted.notedAtMs - noted.toMs;
  return sinceVoiceMs >= rules.leastMs && sinceVoiceMs <= rules.mostMs + 120;
}

test('no turn ends while voice sounds, whatever the recogniser says', () => {
  const sounding = fc.array(fc.constantFrom(...texts), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(sounding, (said) => {
      const events = said.flatMap<VoiceEvent>((text, at) => [
        { kind: 'window', probability: 0.9, atMs: 32 * at },
        { kind: 'text', text, atMs: 32 * at + 1 },
        { kind: 'tick', atMs: 32 * at + 20 },
      ]);
      expect(kinds(play(events))).not.toContain('ended');
    }),
  );
});
