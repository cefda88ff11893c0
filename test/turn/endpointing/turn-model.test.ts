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

type ListenOptions = {
  readonly text?: string;
  readonly answerMs?: number;
  readonly soundsOverMs?: number;
  /** Answers to both questions. */
  readonly logits?: readonly (number | undefined)[];
};

/** What happens in the silence after a word, where the turn model answers each question after 60 ms; when it was asked, and the end. */
function listenToSilence(logit: number | undefined, options: ListenOptions = {}) {
  const { text = '', answerMs = 60, soundsOverMs = Infinity } = options;
  const { logits = [logit, logit] } = options;
  let voice = quietVoice;
  const noted: { readonly kind: string; readonly atMs: number }[] = [];
  const stepVoice = (event: EndpointingEvent) => {
    const done = stepEndpointing(voice, event, {
      ...rules,
      pause: { ...rules.pause, soundsOverMs },
    });
    voice = done.voice;
    noted.push(...done.effects.map(({ kind }) => ({ kind, atMs: event.atMs })));
  };
  const listTimes = (wanted: string) =>
    noted.filter(({ kind }) => kind === wanted).map(({ atMs }) => atMs);
  for (const event of makeWindows(0, ...wordEvent)) stepVoice(event);
  for (const tick of makeTicks(wordEndMs, 3000)) {
    stepVoice(tick);
    for (const answer of listAnswers(listTimes('ask-turn-model'), logits))
      if (tick.atMs === answer.askedAtMs + answerMs)
        stepVoice({ ...answer, atMs: tick.atMs });
    if (text !== '' && tick.atMs === wordEndMs + 200)
      stepVoice({ kind: 'text', text, atMs: tick.atMs });
    if (listTimes('ended').length > 0) break;
  }
  const [endedAtMs = Number.POSITIVE_INFINITY] = listTimes('ended');
  return {
    asked: listTimes('ask-turn-model'),
    soundedOver: listTimes('sounds-over'),
    waitMs: endedAtMs - wordEndMs,
  };
}

function listAnswers(
  requests: readonly number[],
  logits: readonly (number | undefined)[],
) {
  return requests.map((askedAtMs, n) => ({
    kind: 'turn-judged' as const,
    askedAtMs,
    logit: logits[n],
  }));
}

test('the turn model is asked after 100 ms of silence, and once more after 500', () => {
  const { asked, waitMs } = listenToSilence(-5);
  expect(asked).toHaveLength(2);
  for (const [n, dueMs] of usualTurnModelMs.entries()) {
    expect(asked[n]).toBeGreaterThanOrEqual(wordEndMs + dueMs);
    expect(asked[n]).toBeLessThanOrEqual(wordEndMs + dueMs + 20);
  }
  expect(waitMs).toBeGreaterThan(500);
  expect(listenToSilence(3).asked).toHaveLength(1);
});

test('a second answer that fails leaves the first as it is', () => {
  const known = listenToSilence(-5).waitMs;
  expect(listenToSilence(-5, { logits: [-5, undefined] }).waitMs).toBe(known);
  expect(listenToSilence(-5, { logits: [-5, 5] }).waitMs).toBeLessThan(known);
});

test('the turn model is asked at once where the microphone has closed', () => {
  const windows = makeWindows(0, ...wordEvent);
  const closed = { kind: 'silence-frame', atMs: wordEndMs + 20 } as const;
  let voice = quietVoice;
  const requests = [...windows, closed].flatMap((event) => {
    const done = stepEndpointing(voice, event, rules);
    voice = done.voice;
    return done.effects.flatMap((effect) =>
      effect.kind === 'ask-turn-model' ? [effect.atMs, effect.aheadMs] : [],
    );
  });
  expect(requests).toEqual([closed.atMs, 80]);
});

test('a turn that sounds over ends sooner, and one that does not ends later', () => {
  const [over, unsure, open] = [
    listenToSilence(3),
    listenToSilence(0),
    listenToSilence(-3.5),
  ].map(({ waitMs }) => waitMs);
  expect(over).toBeLessThan(unsure ?? 0);
  expect(unsure).toBeLessThan(open ?? 0);
  expect(open).toBeLessThanOrEqual(1200);
});

test('a model that hears may begin its answer once the turn sounds over, but not after the words', () => {
  const [asked = 0] = listenToSilence(2).asked;
  expect(listenToSilence(2).soundedOver).toEqual([asked + 60]);
  expect(listenToSilence(-0.4).soundedOver).toEqual([]);
  expect(listenToSilence(undefined).soundedOver).toEqual([]);
  expect(
    listenToSilence(2, { answerMs: 140, text: 'what is the' }).soundedOver,
  ).toEqual([]);
});

test('silence sounds over to a model that hears while neither words nor turn model answer', () => {
  const late = { answerMs: 1000, soundsOverMs: usualSoundsOverMs };
  const [atMs = 0, ...more] = listenToSilence(2, late).soundedOver;
  expect(more).toEqual([]);
  expect(atMs).toBeGreaterThanOrEqual(wordEndMs + usualSoundsOverMs);
  expect(atMs).toBeLessThanOrEqual(wordEndMs + usualSoundsOverMs + 20);
  expect(listenToSilence(-0.4, { ...late, answerMs: 60 }).soundedOver).toEqual([]);
  expect(
    listenToSilence(-0.4, { ...late, soundsOverMs: 240, text: 'hello' }).soundedOver,
  ).toEqual([]);
});

test('words and sound that both break off are waited for 2 s', () => {
  expect(listenToSilence(-5, { text: 'what is the' }).waitMs).toBe(2000);
  expect(
    listenToSilence(undefined, { text: 'what is the' }).waitMs,
  ).toBeLessThanOrEqual(1200);
});

test('nobody waits for more than 900 ms where only one of words and sound says that they go on', () => {
  const [whole, open] = ['we are going to the park', 'what is the'];
  expect(listenToSilence(-8, { text: whole }).waitMs).toBe(900);
  expect(listenToSilence(0.1, { text: open }).waitMs).toBeLessThanOrEqual(900);
});

test('an answer that fails, or comes later than 420 ms, counts for nothing', () => {
  const without = getUsualWait();
  expect(listenToSilence(undefined).waitMs).toBe(without);
  expect(listenToSilence(-5, { answerMs: 1000 }).waitMs).toBe(420);
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
    logit: 7,
    atMs: wordEndMs + 20,
  } as const;
  expect(stepEndpointing(voice, late, rules)).toEqual({ voice, effects: [] });
});
