import type { EndpointingEvent } from '#src/turn/endpointing/endpointing.ts';
import { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';
import {
  makeTicks,
  makeWindows,
  runEvents,
  sortEvents,
  wordEndMs,
  wordEvent,
} from './endpointing-run.ts';

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
