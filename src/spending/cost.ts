import {
  msPerTokenHeard,
  msPerTokenSpoken,
  type TokenUsage,
} from '#src/provider/models/request-reservation.ts';
import {
  cautiousPrices,
  type PaidRole,
  type RolePrice,
  type Usd,
} from '#src/spending/prices/prices.ts';

export type Use =
  | ({ readonly kind: 'tokens' } & TokenUsage)
  | { readonly kind: 'heard'; readonly ms: number }
  /** Text that was spoken, and how long that sounds. */
  | { readonly kind: 'spoken'; readonly characters: number; readonly ms: number };

/** Above any real request. */
const mostCount = 1e9;
/** Estimate for servers that do not count. */
export const charactersPerToken = 4;

/** Computes billionths of a dollar. Undefined without a price. */
export function computeCost(use: Use, rates: Usd): number | undefined {
  const usd = isCountable(use) ? toUsd(use, rates) : undefined;
  // Sums of whole numbers are exact.
  return usd === undefined || !Number.isFinite(usd) ? undefined : Math.round(usd * 1e9);
}

/**
 * Prices the first use that has a rate, else the cautious price. `otherwise` prices impossible
 * counts.
 */
export function sumCosts(
  uses: readonly Use[],
  role: PaidRole,
  rate: RolePrice,
  otherwise = 0,
): number {
  if (rate.kind === 'free') return 0;
  const costs = [rate.usd, cautiousPrices[role]].flatMap((rates) =>
    uses.map((use) => computeCost(use, rates)),
  );
  return costs.find((cost) => cost !== undefined) ?? otherwise;
}

/** Returns whether the counts are possible. An impossible one has no price. */
function isCountable({ kind: _, ...counts }: Use) {
  const values = Object.values(counts);
  return values.every(
    (one) => typeof one !== 'number' || (one >= 0 && one <= mostCount),
  );
}

function toUsd(use: Use, usd: Usd) {
  switch (use.kind) {
    case 'tokens':
      return toTokensUsd(use, usd);
    case 'heard':
      if (usd.perMinute !== undefined) return (use.ms / 60_000) * usd.perMinute;
      return priceUnits(use.ms / msPerTokenHeard, usd.perMillionAudioInputTokens);
    case 'spoken':
      if (usd.perMillionCharacters !== undefined)
        return priceUnits(use.characters, usd.perMillionCharacters);
      return addKnown(
        priceUnits(use.characters / charactersPerToken, usd.perMillionInputTokens ?? 0),
        priceUnits(use.ms / msPerTokenSpoken, usd.perMillionAudioOutputTokens),
      );
  }
}

function toTokensUsd(tokens: TokenUsage, usd: Usd) {
  const heard = Math.min(tokens.audioInputTokens ?? 0, tokens.inputTokens);
  const spoken = Math.min(tokens.audioOutputTokens ?? 0, tokens.outputTokens);
  const read = tokens.inputTokens - heard;
  const cached = Math.min(tokens.cachedInputTokens ?? 0, tokens.inputTokens);
  // Servers do not say which tokens were cached, so cheaper text counts first.
  const cachedRead = Math.min(cached, read);
  const cachedHeard = cached - cachedRead;
  const { perMillionInputTokens: input, perMillionAudioInputTokens: audio } = usd;
  return addKnown(
    priceUnits(read - cachedRead, input),
    priceUnits(cachedRead, usd.perMillionCachedTokens ?? input),
    priceUnits(heard - cachedHeard, audio),
    priceUnits(cachedHeard, usd.perMillionCachedAudioTokens ?? audio),
    priceUnits(tokens.outputTokens - spoken, usd.perMillionOutputTokens),
    priceUnits(spoken, usd.perMillionAudioOutputTokens),
  );
}

function priceUnits(count: number, perMillion: number | undefined) {
  if (count <= 0) return 0;
  return perMillion === undefined ? undefined : (count * perMillion) / 1e6;
}

function addKnown(...parts: readonly (number | undefined)[]) {
  return parts.reduce(
    (sum, part) => (sum === undefined || part === undefined ? undefined : sum + part),
    0,
  );
}
