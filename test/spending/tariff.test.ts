import { expect, test } from 'vitest';
import type { RolePrice } from '#src/spending/prices/prices.ts';
import { countsSound, estimate, isFree, type Tariff, writtenTime } from '#src/spending/tariff.ts';

const [free, unpriced] = [{ kind: 'free' }, { kind: 'unpriced' }] as const;
const priced = (usd: (RolePrice & { kind: 'priced' })['usd']): RolePrice => ({
  kind: 'priced',
  usd,
});
const allFree: Tariff = { recognise: free, think: free, speak: free };
const thinks = priced({ perMillionInputTokens: 1, perMillionOutputTokens: 10 });
const speaks = priced({ perMillionCharacters: 20 });

test('a tariff is free where every role is, and one role alone ends that', () => {
  expect(isFree(allFree)).toBe(true);
  for (const role of ['recognise', 'think', 'speak'])
    expect(isFree({ ...allFree, [role]: unpriced })).toBe(false);
});

test('the sound of an answer counts as talk where thinking or speaking is not free', () => {
  expect(countsSound(allFree)).toBe(false);
  expect(countsSound({ ...allFree, recognise: unpriced })).toBe(false);
  expect(countsSound({ ...allFree, think: unpriced })).toBe(true);
  expect(countsSound({ ...allFree, speak: unpriced })).toBe(true);
});

test('a spoken answer is estimated by what the model is shown, 120 tokens of answer and 250 spoken characters', () => {
  const tariff = { recognise: unpriced, think: thinks, speak: speaks };
  const { nanoUsd, ms } = estimate(tariff, { characters: 4_000, heardMs: 3_000 });
  expect(nanoUsd).toBe((1_000 * 1 + 120 * 10 + 250 * 20) * 1_000);
  expect(ms).toBe(15_000);
});

test('what is heard counts as time of an answer only where recognising it is free', () => {
  const tariff = { recognise: free, think: thinks, speak: free };
  expect(estimate(tariff, { characters: 0, heardMs: 3_000 }).ms).toBe(18_000);
  expect(estimate(allFree, { characters: 0, heardMs: 3_000 })).toEqual({ nanoUsd: 0, ms: 0 });
});

test('a model that speaks itself is estimated by the sound it hears and makes, and no voice is added', () => {
  const think = priced({
    perMillionInputTokens: 1,
    perMillionOutputTokens: 10,
    perMillionAudioInputTokens: 30,
    perMillionAudioOutputTokens: 60,
  });
  const asked = { characters: 400, heardMs: 2_000 };
  const { nanoUsd } = estimate({ recognise: free, think, speak: speaks }, asked);
  expect(nanoUsd).toBe((100 * 1 + 20 * 30 + 120 * 10 + 300 * 60) * 1_000);
});

test('an answer in writing is estimated at its most, and takes time only where nobody knows its price', () => {
  const asked = { characters: 4_000, heardMs: 3_000, isWritten: true } as const;
  const known = estimate({ recognise: unpriced, think: thinks, speak: speaks }, asked);
  expect(known).toEqual({ nanoUsd: (1_000 * 1 + 4_000 * 10) * 1_000, ms: 0 });
  const unknown = estimate({ recognise: unpriced, think: unpriced, speak: speaks }, asked);
  expect(unknown).toEqual({ nanoUsd: 0, ms: 15_000 });
});

test('an answer in writing without a price counts as 15 s of talk, and more by its length', () => {
  expect(writtenTime(0)).toBe(15_000);
  expect(writtenTime(56)).toBe(15_000);
  expect(writtenTime(600)).toBe(160_000);
});
