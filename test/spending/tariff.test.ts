import { expect, test } from 'vitest';
import type { RolePrice } from '#src/spending/prices/prices.ts';
import { estimate, isFree, type Tariff } from '#src/spending/tariff.ts';

const free = { kind: 'free' } as const;
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
    expect(isFree({ ...allFree, [role]: thinks })).toBe(false);
});

test('a spoken answer is estimated by what the model is shown, 120 tokens of answer and 250 spoken characters', () => {
  const tariff = { recognise: speaks, think: thinks, speak: speaks };
  const nanoUsd = estimate(tariff, { characters: 4_000, heardMs: 3_000 });
  expect(nanoUsd).toBe((1_000 * 1 + 120 * 10 + 250 * 20) * 1_000);
});

test('a model that speaks itself is estimated by the sound it hears and makes, and no voice is added', () => {
  const think = priced({
    perMillionInputTokens: 1,
    perMillionOutputTokens: 10,
    perMillionAudioInputTokens: 30,
    perMillionAudioOutputTokens: 60,
  });
  const asked = { characters: 400, heardMs: 2_000 };
  const nanoUsd = estimate({ recognise: free, think, speak: speaks }, asked);
  expect(nanoUsd).toBe((100 * 1 + 20 * 30 + 120 * 10 + 300 * 60) * 1_000);
});

test('an answer in writing is estimated without sound', () => {
  const asked = { characters: 4_000, heardMs: 3_000, isWritten: true } as const;
  const most = estimate({ recognise: free, think: thinks, speak: speaks }, asked);
  expect(most).toBe((1_000 * 1 + 120 * 10) * 1_000);
});
