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

/** An amount of paid work: tokens, ms of heard sound, or spoken text. */
export type Use =
  | ({ readonly kind: 'tokens' } & TokenUsage)
  | { readonly kind: 'heard'; readonly ms: number }
  /** Text that was spoken, and how long that sounds. */
  | { readonly kind: 'spoken'; readonly characters: number; readonly ms: number };

/** Above any real request. */
const maxCount = 1e9;
/** Estimate for servers that do not count. */
export const charactersPerToken = 4;

/** Computes the cost in billionths of a dollar. Undefined if a needed rate is unknown, or the counts are impossible. */
export function computeCost(use: Use, rates: Usd): number | undefined {
  const usd = isCountable(use) ? toUsd(use, rates) : undefined;
  // Sums of whole numbers are exact.
  return usd === undefined || !Number.isFinite(usd) ? undefined : Math.round(usd * 1e9);
}

/**
 * Computes the cost, in billionths of a dollar, of the first use that has a rate, else by the cautious price.
 * `otherwise` is the cost of impossible counts.
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

/** Returns whether the counts are possible. An impossible count has no price. */
function isCountable({ kind: _, ...counts }: Use) {
  const values = Object.values(counts);
  return values.every(
    (count) => typeof count !== 'number' || (count >= 0 && count <= maxCount),
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
      return addPrices(
        priceUnits(use.characters / charactersPerToken, usd.perMillionInputTokens ?? 0),
        priceUnits(use.ms / msPerTokenSpoken, usd.perMillionAudioOutputTokens),
      );
  }
}

function toTokensUsd(tokens: TokenUsage, usd: Usd) {
  const audioInput = Math.min(tokens.audioInputTokens ?? 0, tokens.inputTokens);
  const audioOutput = Math.min(tokens.audioOutputTokens ?? 0, tokens.outputTokens);
  const textInput = tokens.inputTokens - audioInput;
  const cached = Math.min(tokens.cachedInputTokens ?? 0, tokens.inputTokens);
  // Servers do not say which tokens were cached, so cheaper text counts first.
  const cachedText = Math.min(cached, textInput);
  const cachedAudio = cached - cachedText;
  const { perMillionInputTokens: input, perMillionAudioInputTokens: audio } = usd;
  return addPrices(
    priceUnits(textInput - cachedText, input),
    priceUnits(cachedText, usd.perMillionCachedTokens ?? input),
    priceUnits(audioInput - cachedAudio, audio),
    priceUnits(cachedAudio, usd.perMillionCachedAudioTokens ?? audio),
    priceUnits(tokens.outputTokens - audioOutput, usd.perMillionOutputTokens),
    priceUnits(audioOutput, usd.perMillionAudioOutputTokens),
  );
}

function priceUnits(count: number, perMillion: number | undefined) {
  if (count <= 0) return 0;
  return perMillion === undefined ? undefined : (count * perMillion) / 1e6;
}

function addPrices(...prices: readonly (number | undefined)[]) {
  return prices.reduce(
    (sum, price) =>
      sum === undefined || price === undefined ? undefined : sum + price,
    0,
  );
}
