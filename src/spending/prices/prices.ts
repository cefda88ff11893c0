/** US dollars; a field left out is not sold, or not known. Tokens of sound are priced apart from those of text. */
export type Usd = {
  readonly perMillionInputTokens?: number;
  readonly perMillionCachedTokens?: number;
  readonly perMillionOutputTokens?: number;
  readonly perMillionAudioInputTokens?: number;
  readonly perMillionCachedAudioTokens?: number;
  readonly perMillionAudioOutputTokens?: number;
  /** Of sound that is recognised. */
  readonly perMinute?: number;
  /** Of text that is spoken. */
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

/** Price of a role: free, unknown, or these rates. */
export type RolePrice =
  | { readonly kind: 'free' }
  | { readonly kind: 'unpriced' }
  | { readonly kind: 'priced'; readonly usd: Usd };

/** A snapshot of a model, as in `gpt-6-luna-2026-09-22`, costs what the model does. */
const snapshot = /-\d{4}-\d{2}-\d{2}$/;

/** The first of `prices` that fits. `host` may hold a port. */
export function rateOf(prices: readonly Price[], model: string, host: string): RolePrice {
  const named = (name: string) =>
    prices.find((price) => price.model === name && (price.host ?? host) === host);
  const price = named(model) ?? named(model.replace(snapshot, ''));
  return price ? { kind: 'priced', usd: price.usd } : { kind: 'unpriced' };
}
