import { z } from 'zod';
import table from './price-table.json' with { type: 'json' };

const name = z.string().trim().min(1);
const usd = z.partialRecord(
  z.enum([
    'perMillionInputTokens',
    'perMillionCachedTokens',
    'perMillionOutputTokens',
    'perMillionAudioInputTokens',
    'perMillionCachedAudioTokens',
    'perMillionAudioOutputTokens',
    'perMinute', // of recognised sound
    'perMillionCharacters', // of spoken text
  ]),
  z.number().min(0),
);
/** US dollars; a field left out is not sold, or not known. Tokens of sound are priced apart from those of text. */
export type Usd = Readonly<z.infer<typeof usd>>;

/** `host`: only there; without it wherever a model has this name. `asOf`: the day it was read, say 2026-11-20, at `source`. */
const price = z.strictObject({
  model: name,
  host: name.optional(),
  asOf: z.iso.date(),
  source: name,
  usd,
});
export type Price = Readonly<z.infer<typeof price>>;

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
export function findRate(
  prices: readonly Price[],
  model: string,
  host: string,
): Usd | undefined {
  const findNamed = (name: string) =>
    prices.find((price) => price.model === name && (price.host ?? host) === host);
  return (findNamed(model) ?? findNamed(model.replace(snapshot, '')))?.usd;
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
  if (parsed.success) return { kind: 'ok', prices: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    kind: 'bad',
    why: `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? ''}`,
  };
}
