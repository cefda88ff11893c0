import { expect, test } from 'vitest';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { fitLogistic, logitOf } from './logistic.ts';

const random = seededRandom(3);
const samples = Array.from({ length: 400 }, () => {
  const [x, y] = [10 * random(), random()];
  return { features: [1, x, y], label: random() < 1 / (1 + Math.exp(5 - x)), weight: 1 };
});

test('a logistic regression finds the logit that labels were drawn from', () => {
  const model = fitLogistic(samples, 0.01);
  expect(logitOf(model, [1, 5, 0.5])).toBeCloseTo(0, 0);
  expect(logitOf(model, [1, 7, 0.5]) - logitOf(model, [1, 6, 0.5])).toBeCloseTo(1, 0);
  expect(Math.abs(logitOf(model, [1, 5, 1]) - logitOf(model, [1, 5, 0]))).toBeLessThan(0.7);
});

test('the same samples give the same weights, and a penalty smaller ones', () => {
  expect(fitLogistic(samples, 1)).toEqual(fitLogistic(samples, 1));
  const slope = (ridge: number) => fitLogistic(samples, ridge).weights[1] ?? 0;
  expect(slope(100)).toBeLessThan(slope(1));
});

test('heavier samples move the odds as more of them would', () => {
  const features = [1];
  const labels = [true, false];
  const model = fitLogistic(
    labels.map((label) => ({ features, label, weight: label ? 3 : 1 })),
    1,
  );
  expect(logitOf(model, features)).toBeCloseTo(Math.log(3), 4);
});
