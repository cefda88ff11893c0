import { z } from 'zod';
import type { Price } from './prices.ts';

const name = z.string().trim().min(1);
const amount = z.number().min(0);
const usd = z.strictObject({
  perMillionInputTokens: amount.optional(),
  perMillionCachedTokens: amount.optional(),
  perMillionOutputTokens: amount.optional(),
  perMillionAudioInputTokens: amount.optional(),
  perMillionCachedAudioTokens: amount.optional(),
  perMillionAudioOutputTokens: amount.optional(),
  perMinute: amount.optional(),
  perMillionCharacters: amount.optional(),
});
const price = z.strictObject({
  model: name,
  host: name.optional(),
  asOf: z.iso.date(),
  source: name,
  usd,
});

export type PriceFile =
  | { readonly kind: 'ok'; readonly prices: readonly Price[] }
  | { readonly kind: 'bad'; readonly why: string };

/** Prices of the owner: a JSON list of `Price`. Tells of the first mistake where it stands. */
export function readPrices(json: string): PriceFile {
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch {
    return { kind: 'bad', why: 'is no JSON' };
  }
  const parsed = z.array(price).safeParse(found);
  // What was left out is absent afterwards, as the type says.
  if (parsed.success) return { kind: 'ok', prices: JSON.parse(JSON.stringify(parsed.data)) };
  const [issue] = parsed.error.issues;
  return { kind: 'bad', why: `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? ''}` };
}
