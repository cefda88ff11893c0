import { z } from 'zod';
import table from './price-table.json' with { type: 'json' };

const nameSchema = z.string().trim().min(1);
const rateNames = [
  'perMillionInputTokens',
  'perMillionCachedTokens',
  'perMillionOutputTokens',
  'perMillionAudioInputTokens',
  'perMillionCachedAudioTokens',
  'perMillionAudioOutputTokens',
  'perMinute',
  'perMillionCharacters',
] as const;
/** US dollars. Absent rates are unknown or not sold. */
export type Usd = Readonly<Partial<Record<(typeof rateNames)[number], number>>>;

const usdSchema: z.ZodType<Usd> = z.partialRecord(z.enum(rateNames), z.number().min(0));

/** Without `host` the price holds everywhere. `asOf` is the day it was read at `source`. */
export type Price = {
  readonly model: string;
  readonly host?: string;
  readonly asOf: string;
  readonly source: string;
  readonly usd: Usd;
};

const priceSchema: z.ZodType<Price> = z.strictObject({
  model: nameSchema,
  host: nameSchema.optional(),
  asOf: z.iso.date(),
  source: nameSchema,
  usd: usdSchema,
});

/** Prices read at their sources. A test checks the schema instead of each start. */
export const knownPrices: readonly Price[] = table;

/** Roles of engines that cost money. */
export const paidRoles = ['recognise', 'think', 'speak'] as const;
export type PaidRole = (typeof paidRoles)[number];

/** `isEstimate` marks a model of unknown price. */
export type RolePrice =
  | { readonly kind: 'free' }
  | { readonly kind: 'priced'; readonly usd: Usd; readonly isEstimate?: true };

/** Prices of unknown models, above most models of 2026. */
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

/** A snapshot such as `gpt-6-luna-2026-09-22` costs as much as the model. */
const snapshot = /-\d{4}-\d{2}-\d{2}$/;

/** Finds the rates of a model at a host. The first price that fits counts. `host` may hold a port. */
export function findRate(
  prices: readonly Price[],
  model: string,
  host: string,
): Usd | undefined {
  const findPrice = (name: string) =>
    prices.find((price) => price.model === name && (price.host ?? host) === host);
  return (findPrice(model) ?? findPrice(model.replace(snapshot, '')))?.usd;
}

/** The prices of a file, or the first mistake in it. */
export type PriceFile =
  | { readonly kind: 'ok'; readonly prices: readonly Price[] }
  | { readonly kind: 'bad'; readonly why: string };

/** Reads the operator's JSON list of `Price`, or returns the first mistake. */
export function readPrices(json: string): PriceFile {
  let parsed: z.ZodSafeParseResult<readonly Price[]>;
  try {
    parsed = z.array(priceSchema).safeParse(JSON.parse(json));
  } catch {
    return { kind: 'bad', why: 'is no JSON of prices' };
  }
  // Zod leaves absent fields away, as the type says.
  if (parsed.success) return { kind: 'ok', prices: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    kind: 'bad',
    why: `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? ''}`,
  };
}
