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

/** One billable use of a server. */
export type Use =
  | ({ readonly kind: 'tokens' } & TokenUsage)
  /** Sound that was recognised. */
  | { readonly kind: 'heard'; readonly ms: number }
  /** Text that was spoken, and how long that sounds. */
  | { readonly kind: 'spoken'; readonly characters: number; readonly ms: number };

/** Above what any one request can take. */
const mostCount = 1e9;
/** Characters per token of text, where the server does not count. */
export const charactersPerToken = 4;

/** In billionths of a dollar, so that sums are exact; undefined: these rates do not price it. Never negative. */
export function computeCost(use: Use, rates: Usd): number | undefined {
  const usd = isCountable(use) ? toUsd(use, rates) : undefined;
  return usd === undefined || !Number.isFinite(usd) ? undefined : Math.round(usd * 1e9);
}

/** Cost of the first of these uses that has a price, else its cautious price; `otherwise`: of impossible counts. As `computeCost`. */
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

/** Whether all its counts are possible; an impossible count has no price. */
function isCountable({ kind: _, ...counts }: Use) {
  const values: readonly unknown[] = Object.values(counts);
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
      return toMillionth(use.ms / msPerTokenHeard, usd.perMillionAudioInputTokens);
    case 'spoken':
      if (usd.perMillionCharacters !== undefined)
        return toMillionth(use.characters, usd.perMillionCharacters);
      return addKnown(
        toMillionth(
          use.characters / charactersPerToken,
          usd.perMillionInputTokens ?? 0,
        ),
        toMillionth(use.ms / msPerTokenSpoken, usd.perMillionAudioOutputTokens),
      );
  }
}

/** A server tells how many tokens were cached, not which: those of text count first, they save less. */
function toTokensUsd(tokens: TokenUsage, usd: Usd) {
  const heard = Math.min(tokens.audioInputTokens ?? 0, tokens.inputTokens);
  const spoken = Math.min(tokens.audioOutputTokens ?? 0, tokens.outputTokens);
  const read = tokens.inputTokens - heard;
  const cached = Math.min(tokens.cachedInputTokens ?? 0, tokens.inputTokens);
  const cachedRead = Math.min(cached, read);
  const cachedHeard = cached - cachedRead;
  const { perMillionInputTokens: input, perMillionAudioInputTokens: audio } = usd;
  return addKnown(
    toMillionth(read - cachedRead, input),
    toMillionth(cachedRead, usd.perMillionCachedTokens ?? input),
    toMillionth(heard - cachedHeard, audio),
    toMillionth(cachedHeard, usd.perMillionCachedAudioTokens ?? audio),
    toMillionth(tokens.outputTokens - spoken, usd.perMillionOutputTokens),
    toMillionth(spoken, usd.perMillionAudioOutputTokens),
  );
}

/** Cost of `count` units at a price per million; none cost nothing, also where the price is unknown. */
function toMillionth(count: number, perMillion: number | undefined) {
  if (count <= 0) return 0;
  return perMillion === undefined ? undefined : (count * perMillion) / 1e6;
}

function addKnown(...parts: readonly (number | undefined)[]) {
  return parts.reduce(
    (sum, part) => (sum === undefined || part === undefined ? undefined : sum + part),
    0,
  );
}
