import {
  type EndpointingEvent,
  endpointRules,
  quietVoice,
  stepEndpointing,
  usualSoundsOverMs,
  usualTurnModelMs,
} from '#src/turn/endpointing/endpointing.ts';
import { decideEndpointingDelay } from '#src/turn/endpointing/endpointing-delay.ts';
import { makeTicks, makeWindows, wordEndMs, wordEvent } from './endpointing-run.ts';

const rules = {
  ...endpointRules,
  pause: { ...endpointRules.pause, turnModelMs: usualTurnModelMs },
};

/** What happens in the silence after a word, where the turn model answers after 60 ms; when the model was asked, and the end. */
function listen(
  probability: number | undefined,
  { text = '', answerMs = 60, soundsOverMs = Infinity } = {},
) {
  let voice = quietVoice;
  const asked: number[] = [];
  const soundedOver: number[] = [];
  let endedAtMs: number | undefined;
  const step = (event: EndpointingEvent) => {
    const done = stepEndpointing(voice, event, {
      ...rules,
      pause: { ...rules.pause, soundsOverMs },
    });
    voice = done.voice;
    for (const effect of done.effects) {
      if (effect.kind === 'ask-turn-model') asked.push(effect.atMs);
      if (effect.kind === 'sounds-over') soundedOver.push(effect.atMs);
      if (effect.kind === 'ended') endedAtMs = event.atMs;
    }
  };
  for (const event of makeWindows(0, ...wordEvent)) step(event);
  for (const tick of makeTicks(wordEndMs, 3000)) {
    step(tick);
    const [askedAtMs] = asked;
    if (askedAtMs !== undefined && tick.atMs === askedAtMs + answerMs)
      step({ kind: 'turn-judged', askedAtMs, probability, atMs: tick.atMs });
    if (text !== '' && tick.atMs === wordEndMs + 200)
      step({ kind: 'text', text, atMs: tick.atMs });
    if (endedAtMs !== undefined) break;
  }
  return {
    asked,
    soundedOver,
    waitMs: (endedAtMs ?? Number.POSITIVE_INFINITY) - wordEndMs,
  };
}

test('the turn model is asked once in a pause, after 100 ms of silence', () => {
  const { asked } = listen(0.5);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toBeGreaterThanOrEqual(wordEndMs + 100);
  expect(asked[0]).toBeLessThanOrEqual(wordEndMs + 120);
});

test('the turn model is asked at once where the microphone has closed', () => {
  const windows = makeWindows(0, ...wordEvent);
  const closed = { kind: 'silence-frame', atMs: wordEndMs + 20 } as const;
  let voice = quietVoice;
  const asked = [...windows, closed].flatMap((event) => {
    const done = stepEndpointing(voice, event, rules);
    voice = done.voice;
    return done.effects.flatMap((one) =>
      one.kind === 'ask-turn-model' ? [one.atMs, one.aheadMs] : [],
    );
  });
  expect(asked).toEqual([closed.atMs, 80]);
});

test('a turn that sounds over ends sooner, and one that does not ends later', () => {
  const [over, unsure, open] = [listen(0.95), listen(0.5), listen(0.03)].map(
    ({ waitMs }) => waitMs,
  );
  expect(over).toBeLessThan(unsure ?? 0);
  expect(unsure).toBeLessThan(open ?? 0);
  expect(open).toBeLessThanOrEqual(1200);
});

test('a model that hears may begin its answer once the turn sounds over, but not after the words', () => {
  const [asked = 0] = listen(0.9).asked;
  expect(listen(0.9).soundedOver).toEqual([asked + 60]);
  expect(listen(0.4).soundedOver).toEqual([]);
  expect(listen(undefined).soundedOver).toEqual([]);
  expect(listen(0.9, { answerMs: 140, text: 'what is the' }).soundedOver).toEqual([]);
});

test('silence sounds over to a model that hears while neither words nor turn model answer', () => {
  const late = { answerMs: 1000, soundsOverMs: usualSoundsOverMs };
  const [atMs = 0, ...more] = listen(0.9, late).soundedOver;
  expect(more).toEqual([]);
  expect(atMs).toBeGreaterThanOrEqual(wordEndMs + usualSoundsOverMs);
  expect(atMs).toBeLessThanOrEqual(wordEndMs + usualSoundsOverMs + 20);
  expect(listen(0.4, { ...late, answerMs: 60 }).soundedOver).toEqual([]);
  expect(
    listen(0.4, { ...late, soundsOverMs: 240, text: 'hello' }).soundedOver,
  ).toEqual([]);
});

test('words and sound that both break off are waited for 2 s', () => {
  expect(listen(0.01, { text: 'what is the' }).waitMs).toBe(2000);
  expect(listen(undefined, { text: 'what is the' }).waitMs).toBeLessThanOrEqual(1200);
});

test('an answer that fails, or comes later than 420 ms, counts for nothing', () => {
  const without = getUsualWait();
  expect(listen(undefined).waitMs).toBe(without);
  expect(listen(0.01, { answerMs: 1000 }).waitMs).toBe(420);
});

/** Wait of a session without a turn model. */
function getUsualWait() {
  const signs = { isClosed: true, isLagging: false, isTextless: true };
  return decideEndpointingDelay(signs, endpointRules.delay, {}).delayMs;
}

test('an answer about a pause that is over changes nothing', () => {
  let voice = quietVoice;
  for (const event of makeWindows(0, ...wordEvent))
    ({ voice } = stepEndpointing(voice, event, rules));
  const late = {
    kind: 'turn-judged',
    askedAtMs: 1,
    probability: 1,
    atMs: wordEndMs + 20,
  } as const;
  expect(stepEndpointing(voice, late, rules)).toEqual({ voice, effects: [] });
});
