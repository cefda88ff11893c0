import {
  type EndpointingEvent,
  endpointRules,
  quietVoice,
  stepEndpointing,
  usualSoundsOverMs,
  usualTurnModelMs,
} from '#src/turn/endpointing/endpointing.ts';
import { decideEndpointingDelay } from '#src/turn/endpointing/endpointing-delay.ts';
import { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';
import {
  makeTicks,
  makeWindows,
  runEvents,
  sortEvents,
  wordEndMs,
  wordEvent,
} from './endpointing-run.ts';

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

const textMs = 180;
const whole = 'we are going to the park';
const open = 'we are going to the';

/** `judgedMs` counts since the voice stopped, and is absent where the model never judges. `isOther`: another pause. */
type Asking = {
  readonly text?: string;
  readonly logit?: number;
  readonly judgedMs?: number;
  readonly isTrusted?: boolean;
  readonly isOther?: boolean;
};

/** How long an utterance waits for its end, where the chat model is asked as soon as its words are known. */
function measureWait(asking?: Asking) {
  const { isOther = false, isTrusted = true, judgedMs, logit = 0 } = asking ?? {};
  const makeJudgement = (silentMs: number, judged: object): EndpointingEvent => {
    const judgement = { question: 7, isPending: true, isTrusted, logit: 0, ...judged };
    return { kind: 'words-judged', judgement, atMs: wordEndMs + silentMs };
  };
  const answer = { question: isOther ? 8 : 7, isPending: false, logit };
  const noted = runEvents(
    sortEvents(
      ...makeWindows(0, ...wordEvent),
      ...makeTicks(wordEndMs, 3000),
      { kind: 'text', text: asking?.text ?? whole, atMs: wordEndMs + textMs },
      ...(asking ? [makeJudgement(textMs, {})] : []),
      ...(judgedMs === undefined ? [] : [makeJudgement(judgedMs, answer)]),
    ),
  );
  return Number(noted.find(({ kind }) => kind === 'ended')?.notedAtMs) - wordEndMs;
}

const usualMs = measureWait();

test('words that go on hold a turn that would have ended', () => {
  expect(usualMs).toBeGreaterThanOrEqual(300);
  const heldMs = measureWait({ judgedMs: 540, logit: -3 });
  expect(heldMs).toBeGreaterThan(usualMs + 400);
  expect(measureWait({ judgedMs: 540, logit: -8 })).toBe(2000);
});

test('whole words end a turn that would wait', () => {
  const usualOpenMs = measureWait({ text: open, isTrusted: false });
  const ms = measureWait({ text: open, judgedMs: 540, logit: 4 });
  expect(ms).toBe(540);
  expect(ms).toBeLessThan(usualOpenMs - 200);
});

test('a judgement that does not come is waited for until 620 ms after the voice', () => {
  expect(measureWait({})).toBe(620);
  expect(measureWait({ judgedMs: 640, logit: -8 })).toBe(620);
  expect(measureWait({ judgedMs: 400, logit: -8, isOther: true })).toBe(620);
});

test('a model that is not trusted, or answers without a judgement, holds up nobody', () => {
  expect(measureWait({ isTrusted: false })).toBe(usualMs);
  expect(measureWait({ judgedMs: textMs + 20 })).toBe(usualMs);
});

/** A model that is right in so many of 100 pauses, in which every fourth person goes on. */
function learnTrust(
  trust: WordsJudgeTrust,
  model: string,
  rightOf100: number,
  count = 20,
) {
  for (let n = 0; n < count; n++) {
    const wentOn = n % 4 === 0;
    const isRight = (n * 37) % 100 < rightOf100;
    trust.learn(model, { isWhole: isRight ? !wentOn : wentOn, wentOn });
  }
}

test('a model counts after 20 pauses, by how often it was right', () => {
  const trust = new WordsJudgeTrust();
  learnTrust(trust, 'good', 90, 19);
  expect([trust.isTrusted('good'), trust.weigh('good', false)]).toEqual([false, 0]);
  learnTrust(trust, 'good', 90, 100);
  learnTrust(trust, 'fair', 75, 100);
  for (const model of ['good', 'fair']) {
    expect(trust.weigh(model, true)).toBeGreaterThan(0);
    expect(trust.weigh(model, false)).toBeLessThan(0);
  }
  expect(trust.weigh('fair', false)).toBeGreaterThan(trust.weigh('good', false));
  expect(trust.shouldAsk('good')).toBe(true);
});

test('a model counts, and is judged itself, once people went on in five of its pauses', () => {
  const trust = new WordsJudgeTrust();
  const learnPauses = (count: number, wentOn: boolean) => {
    for (let n = 0; n < count; n++)
      trust.learn('good', { isWhole: n % 8 === 0 ? wentOn : !wentOn, wentOn });
  };
  learnPauses(40, false);
  expect([trust.shouldAsk('good'), trust.isTrusted('good')]).toEqual([true, false]);
  learnPauses(5, true);
  expect([trust.shouldAsk('good'), trust.isTrusted('good')]).toEqual([true, true]);
});

test.each([
  ['always says whole', () => true, 20],
  ['always says that words go on', () => false, 20],
  ['never judges', () => undefined, 3],
  ['is as good as chance', (n: number) => n % 3 === 0, 20],
  ['is always wrong', (n: number) => n % 4 === 0, 20],
] as const)(
  'a model that %s counts for nothing, and is no longer asked',
  (_, judge, request) => {
    const trust = new WordsJudgeTrust();
    for (let n = 0; n < 24; n++) {
      expect(trust.shouldAsk('bad')).toBe(n < request || trust.isTrusted('bad'));
      trust.learn('bad', { isWhole: judge(n), wentOn: n % 4 === 0 });
    }
    expect(trust.isTrusted('bad')).toBe(false);
    expect(trust.shouldAsk('bad')).toBe(false);
    expect(trust.shouldAsk('another')).toBe(true);
  },
);

test('requests that were not answered say nothing about a model', () => {
  const trust = new WordsJudgeTrust();
  for (let n = 0; n < 24; n++)
    trust.learn('away', { isWhole: 'unanswered', wentOn: false });
  expect(trust.shouldAsk('away')).toBe(true);
});
