import { z } from 'zod';
import table from './price-table.json' with { type: 'json' };

/** US dollars; a field left out is not sold, or not known. Tokens of sound are priced apart from those of text. */
export type Usd = {
  readonly perMillionInputTokens?: number;
  readonly perMillionCachedTokens?: number;
  readonly perMillionOutputTokens?: number;
  readonly perMillionAudioInputTokens?: number;
  readonly perMillionCachedAudioTokens?: number;
  readonly perMillionAudioOutputTokens?: number;
  /** Price of a minute of recognised sound. */
  readonly perMinute?: number;
  /** Price of a million characters of spoken text. */
  readonly perMillionCharacters?: number;
};

export type Price = {
  readonly model: string;
  /** Only at this host; absent: wherever a model has this name. */
  readonly host?: string;
  /** The day it was read, say 2026-11-20, and where. */
  readonly asOf: string;
  readonly source: string;
  readonly usd: Usd;
};

/** Prices that were read at their sources, none of them a guess. A test holds the table against the schema, so no start does. */
export const knownPrices: readonly Price[] = table;

/** Roles of paid work. */
export const paidRoles = ['recognise', 'think', 'speak'] as const;
export type PaidRole = (typeof paidRoles)[number];

/** Price of a role: free, or these rates; `isEstimate`: the model has no known price. */
export type RolePrice =
  | { readonly kind: 'free' }
  | { readonly kind: 'priced'; readonly usd: Usd; readonly isEstimate?: true };

/** Prices of models that nothing is known of, at a public address: above those of most models of 2026. */
export const cautiousPrices: Readonly<Record<PaidRole, Usd>> = {
  recognise: { perMinute: 0.02 },
  think: {
    perMillionInputTokens: 5,
    perMillionOutputTokens: 25,
    perMillionAudioInputTokens: 40,
    perMillionAudioOutputTokens: 80,
  },
  speak: { perMillionCharacters: 60 },
};

/** A snapshot of a model, as in `gpt-6-luna-2026-09-22`, costs what the model does. */
const snapshot = /-\d{4}-\d{2}-\d{2}$/;

/** Rates of the first of `prices` that fits; undefined: there is none. `host` may hold a port. */
export function rateOf(prices: readonly Price[], model: string, host: string): Usd | undefined {
  const named = (name: string) =>
    prices.find((price) => price.model === name && (price.host ?? host) === host);
  return (named(model) ?? named(model.replace(snapshot, '')))?.usd;
}

export type PriceFile =
  | { readonly kind: 'ok'; readonly prices: readonly Price[] }
  | { readonly kind: 'bad'; readonly why: string };

/** Prices in the operator's file, a JSON list of `Price`; where it is bad, the first mistake and its place. */
export function readPrices(json: string): PriceFile {
  let parsed: z.ZodSafeParseResult<readonly z.infer<typeof price>[]>;
  try {
    parsed = z.array(price).safeParse(JSON.parse(json));
  } catch {
    return { kind: 'bad', why: 'is no JSON of prices' };
  }
  // What was left out is absent afterwards, as the type says.
  if (parsed.success) return { kind: 'ok', prices: JSON.parse(JSON.stringify(parsed.data)) };
  const [issue] = parsed.error.issues;
  return { kind: 'bad', why: `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? ''}` };
}

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
