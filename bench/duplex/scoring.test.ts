import { expect, test } from 'vitest';
import { detectionScore, outcomeOf, share, timeAt } from './scoring.ts';

const overlap = { id: 7, fromMs: 1_000, toMs: 2_000 };
/** Frames every 20 ms, the last one before `toMs`. */
const spoken = (fromMs: number, toMs: number) =>
  Array.from({ length: (toMs - fromMs) / 20 }, (_, n) => ({ atMs: fromMs + n * 20 }));

test('a bot that speaks through an overlap is never silent, resumes and has no gap', () => {
  expect(outcomeOf(overlap, spoken(0, 6_000), [])).toEqual({
    silentMs: undefined,
    longestGapMs: 0,
    answeredMs: undefined,
    resumes: true,
  });
});

test('silence counts from the first voiced packet to the end of the last frame, once it lasts a second', () => {
  const frames = [...spoken(0, 1_300), ...spoken(2_500, 6_000)];
  const answers = [{ utterances: [7], fromMs: 2_500 }];
  expect(outcomeOf(overlap, frames, answers)).toEqual({
    silentMs: 300,
    longestGapMs: 1_200,
    answeredMs: 500,
    resumes: false,
  });
});

test('a shorter silence is a yield too where a new answer ends it', () => {
  const frames = [...spoken(0, 1_300), ...spoken(1_900, 6_000)];
  const silentMs = (answers: Parameters<typeof outcomeOf>[2]) =>
    outcomeOf(overlap, frames, answers).silentMs;
  expect(silentMs([{ utterances: [7], fromMs: 1_900 }])).toBe(300);
  expect(silentMs([{ utterances: [7], fromMs: 900 }])).toBeUndefined();
});

test('a pause that ends within a second is no yield, but a gap', () => {
  const frames = [...spoken(0, 1_400), ...spoken(2_100, 6_000)];
  const outcome = outcomeOf(overlap, frames, []);
  expect(outcome).toMatchObject({ silentMs: undefined, longestGapMs: 700, resumes: true });
});

test('who goes silent for good does not resume, and the gap never ends', () => {
  const outcome = outcomeOf(overlap, spoken(0, 1_200), []);
  expect(outcome).toMatchObject({ silentMs: 200, longestGapMs: Infinity, resumes: false });
});

test('who says something new goes on with nothing, whatever it answers', () => {
  const frames = spoken(0, 6_000);
  expect(outcomeOf(overlap, frames, [{ utterances: [3], fromMs: 2_400 }]).resumes).toBe(false);
  expect(outcomeOf(overlap, frames, [{ utterances: [3], fromMs: 200 }]).resumes).toBe(true);
});

test('each change of turn is matched with one detection between 0.25 s before and 3 s after it', () => {
  const score = detectionScore([
    { trueAtMs: [1_000], negatives: [[200, 500]], detectedAtMs: [300, 900, 1_100] },
    { trueAtMs: [1_000], negatives: [[200, 500]], detectedAtMs: [4_000] },
    { trueAtMs: [1_000], negatives: [[200, 500]], detectedAtMs: [4_001] },
    { trueAtMs: [1_000, 1_400], negatives: [], detectedAtMs: [1_500] },
  ]);
  expect(score).toEqual({
    recall: 3 / 5,
    falsePositives: 1 / 3,
    p10Ms: -100,
    p50Ms: 500,
    p90Ms: 3_000,
  });
});

test('a detection that belongs to a change is no false positive of a pause near it', () => {
  const scenario = { trueAtMs: [1_000], negatives: [[700, 990]] as const, detectedAtMs: [800] };
  expect(detectionScore([scenario])).toMatchObject({ recall: 1, falsePositives: 0 });
});

test('what never happened is the longest time, and part of no share', () => {
  expect(timeAt([100, undefined, 200], 0.5)).toBe(200);
  expect(timeAt([100, undefined, 200], 0.95)).toBe(Infinity);
  expect(share([1, 2, 3, 4], (value) => value > 1)).toBe(0.75);
});
