import {
  type EndpointingEvent,
  quietVoice,
  endpointRules as rules,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import {
  listKinds,
  makeTicks,
  makeWindows,
  type NotedEffect,
  runEvents,
  sortEvents,
  wordEndMs,
  wordEvent,
} from './endpointing-run.ts';

test('a turn begins at the third voiced window and points back to the start of the first', () =>
  expect(runEvents(makeWindows(1000, 0.1, 0.8, 0.8, 0.8))).toEqual([
    { kind: 'began', fromMs: 1032, atMs: 1128, notedAtMs: 1128 },
  ]));

test('two voiced windows, as a click makes them, begin no turn', () =>
  expect(
    runEvents([...makeWindows(0, 0.9, 0.9, 0.1, 0.9, 0.9), ...makeTicks(160, 2000)]),
  ).toEqual([]));

test('without packets a turn ends 300 ms after the voice', () => {
  const ended = runEvents([
    ...makeWindows(0, ...wordEvent),
    ...makeTicks(wordEndMs, 2000),
  ]).at(-1);
  expect(ended).toMatchObject({ why: 'mute', notedAtMs: wordEndMs + 300 });
});

test('while packets still flow a turn ends 500 ms after the voice', () => {
  const noise = makeWindows(wordEndMs, ...Array(60).fill(0.05));
  const ended = runEvents(
    sortEvents(
      ...makeWindows(0, ...wordEvent),
      ...noise,
      ...makeTicks(wordEndMs, 2000),
    ),
  ).at(-1);
  expect(ended).toMatchObject({ why: 'quiet', notedAtMs: wordEndMs + 500 });
});

test('a window made of the silence frames themselves does not count as packets flowing again', () => {
  const closing = [20, 40, 60, 80, 100].map<EndpointingEvent>((ms) => ({
    kind: 'silence-frame',
    atMs: wordEndMs + ms,
  }));
  const ofThem: EndpointingEvent = {
    kind: 'window',
    probability: 0,
    atMs: wordEndMs + 100,
  };
  const heardEvents = [
    ...makeWindows(0, ...wordEvent),
    ...closing,
    ofThem,
    ...makeTicks(wordEndMs + 100, 2000),
  ];
  expect(runEvents(heardEvents).at(-1)).toMatchObject({
    why: 'mute',
    notedAtMs: wordEndMs + 300,
  });
});

test('silence frames right after the voice are a pause at once, and the tail of the last window no resumption', () => {
  const closing = [20, 40, 60, 80, 100].flatMap<EndpointingEvent>((ms) => [
    { kind: 'silence-frame', atMs: wordEndMs + ms },
    { kind: 'window', probability: 0.9 - ms / 130, atMs: wordEndMs + ms },
  ]);
  const heardEffects = runEvents([
    ...makeWindows(0, ...wordEvent),
    ...closing,
    ...makeTicks(wordEndMs + 100, 2000),
  ]);
  expect(listKinds(heardEffects)).toEqual([
    'began',
    'paused',
    'long-pause',
    'likely-over',
    'ended',
  ]);
  expect(heardEffects[1]).toMatchObject({ notedAtMs: wordEndMs + 20 });
  expect(heardEffects[3]).toMatchObject({ notedAtMs: wordEndMs + 180 });
  expect(heardEffects.at(-1)).toMatchObject({
    toMs: wordEndMs,
    notedAtMs: wordEndMs + 300,
  });
});

test('two windows without voice are a pause, taken back with its length when the voice goes on', () => {
  const heardEffects = runEvents(
    sortEvents(
      ...makeWindows(0, ...wordEvent, 0.1, 0.1, 0.1, 0.9),
      ...makeTicks(wordEndMs, wordEndMs + 128),
    ),
  );
  expect(heardEffects.slice(1)).toMatchObject([
    { kind: 'paused', notedAtMs: wordEndMs + 64 },
    { kind: 'resumed', notedAtMs: wordEndMs + 128, pausedMs: 96 },
  ]);
});

test('packets that stay away for 80 ms are a pause, one that is only late is none', () => {
  const heardEffects = runEvents([
    ...makeWindows(0, ...wordEvent),
    ...makeTicks(wordEndMs, 400),
  ]);
  expect(heardEffects[1]).toMatchObject({ kind: 'paused', notedAtMs: wordEndMs + 80 });
  const late = makeWindows(wordEndMs + 32, 0.9);
  expect(
    listKinds(
      runEvents([...makeWindows(0, ...wordEvent), ...makeTicks(160, 220), ...late]),
    ),
  ).toEqual(['began']);
});

test('a pause is a long one after 200 ms, or as soon as the microphone closes, and then told once', () => {
  const makeLongPause = (...events: readonly EndpointingEvent[]) => {
    const settled = makeWindows(wordEndMs, ...Array(20).fill(0.1));
    const allEvents = sortEvents(
      ...makeWindows(0, ...wordEvent),
      ...settled,
      ...events,
      ...makeTicks(wordEndMs, 1000),
    );
    return listDelays(runEvents(allEvents)).filter(([kind]) => kind === 'long-pause');
  };
  expect(makeLongPause()).toEqual([['long-pause', 200]]);
  const closing: EndpointingEvent = { kind: 'silence-frame', atMs: wordEndMs + 110 };
  expect(makeLongPause(closing)).toEqual([['long-pause', 110]]);
  expect(makeLongPause(...makeWindows(wordEndMs + 128, 0.9))).toEqual([
    ['long-pause', 360],
  ]);
});

test('a voice that never stops is cut at 60 s and goes on as the next turn', () =>
  expect(runEvents(makeWindows(0, ...Array(2000).fill(0.9))).slice(0, 3)).toMatchObject(
    [
      { kind: 'began', fromMs: 0 },
      { kind: 'ended', toMs: 60_000, why: 'too-long' },
      { kind: 'began', fromMs: 60_000 },
    ],
  ));

/** Closes the microphone right after a word, and lets the recogniser tell `text` so long after that. */
function reportedAfter(text: string, afterMs: number) {
  const closing: EndpointingEvent = { kind: 'silence-frame', atMs: wordEndMs + 20 };
  const reported: EndpointingEvent = {
    kind: 'text',
    text,
    language: 'en',
    atMs: wordEndMs + afterMs,
  };
  return runEvents(
    sortEvents(
      ...makeWindows(0, ...wordEvent),
      closing,
      reported,
      ...makeTicks(wordEndMs, 3000),
    ),
  );
}

/** Time from the voice to each effect. */
const listDelays = (noted: readonly NotedEffect[]) =>
  noted.map(({ kind, notedAtMs }) => [kind, notedAtMs - wordEndMs]);

test('a text that comes after its wait ends the turn at once', () => {
  const delayed = reportedAfter('what is the capital of france', 290);
  expect(listDelays(delayed).at(-1)).toEqual(['ended', 290]);
  const slow = { ...rules, delay: { ...rules.delay, textTimeoutMs: 800 } };
  let voice = quietVoice;
  const events: EndpointingEvent[] = [
    ...makeWindows(0, ...wordEvent),
    { kind: 'silence-frame', atMs: wordEndMs + 20 },
    { kind: 'tick', atMs: 700 },
    { kind: 'text', text: 'what is the capital of france', atMs: 710 },
  ];
  const all = events.map((event) => {
    const step = stepEndpointing(voice, event, slow);
    voice = step.voice;
    return step.effects.map(({ kind }) => kind);
  });
  expect([all.at(-2), all.at(-1)]).toEqual([[], ['ended']]);
});

test('a partial from before the last words neither shortens the wait nor counts as the whole', () => {
  const partial: EndpointingEvent = {
    kind: 'text',
    text: 'what time is it',
    atMs: 120,
  };
  const closing: EndpointingEvent = { kind: 'silence-frame', atMs: wordEndMs + 20 };
  const allEvents = sortEvents(
    ...makeWindows(0, ...wordEvent),
    partial,
    closing,
    ...makeTicks(wordEndMs, 2000),
  );
  expect(listDelays(runEvents(allEvents)).at(-1)).toEqual(['ended', 300]);
});

test('words still changing in the pause hold the end back until they rest', () => {
  const closing: EndpointingEvent = { kind: 'silence-frame', atMs: wordEndMs + 20 };
  const reported = [
    'what ti',
    'what time',
    'what time is',
    'what time is it',
  ].map<EndpointingEvent>((text, at) => ({
    kind: 'text',
    text,
    atMs: wordEndMs + 60 + 80 * at,
  }));
  const allEvents = sortEvents(
    ...makeWindows(0, ...wordEvent),
    closing,
    ...reported,
    ...makeTicks(wordEndMs, 2000),
  );
  expect(listDelays(runEvents(allEvents)).at(-1)).toEqual(['ended', 420]);
});
