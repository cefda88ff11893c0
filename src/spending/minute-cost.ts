import { costOf, type Use } from './cost.ts';
import { knownPrices, rateOf } from './prices/prices.ts';

/** A minute of conversation: so many questions, and for each of them, in ms, what people and the bot say. */
export const [questions, askedMs, answeredMs] = [4, 5_000, 8_000];
/** Text that a model is shown for each answer, in tokens: instructions, tools, earlier exchanges. */
export const shownTokens = 1_000;

/** Pace of the bot's speech, in characters per ms, and characters per token. */
const [charactersPerMs, charactersPerToken] = [0.015, 4];
/** Sound in ms per token, heard and spoken, as OpenAI counts it (its price lists, 2025). */
const [msPerTokenHeard, msPerTokenSpoken] = [100, 50];

/** A model and the host that serves it; `host` may hold a port. */
export type PricedModel = { readonly model: string; readonly host: string };

/** US dollars for the recogniser in a minute of conversation; undefined: its price is not known. */
export function hearingUsd(recogniser: PricedModel): number | undefined {
  return usdOf(recogniser, { kind: 'heard', ms: askedMs });
}

/** US dollars for the model that answers; `speaks`: it hears and speaks by itself. As `hearingUsd`. */
export function thinkingUsd(model: PricedModel, speaks = false): number | undefined {
  const heard = speaks ? askedMs / msPerTokenHeard : 0;
  const spoken = speaks ? answeredMs / msPerTokenSpoken : 0;
  return usdOf(model, {
    kind: 'tokens',
    inputTokens: shownTokens + heard,
    audioInputTokens: heard,
    outputTokens: (answeredMs * charactersPerMs) / charactersPerToken + spoken,
    audioOutputTokens: spoken,
  });
}

/** US dollars for the model that reads aloud. As `hearingUsd`. */
export function speakingUsd(reader: PricedModel): number | undefined {
  const characters = answeredMs * charactersPerMs;
  return usdOf(reader, { kind: 'spoken', characters, ms: answeredMs });
}

/** Newest day of the known prices. */
export function pricesAsOf(): string {
  return (
    knownPrices
      .map(({ asOf }) => asOf)
      .sort()
      .at(-1) ?? ''
  );
}

/** For all questions of the minute. */
function usdOf({ model, host }: PricedModel, use: Use): number | undefined {
  const nanoUsd = costOf(use, rateOf(knownPrices, model, host));
  return nanoUsd === undefined ? undefined : (questions * nanoUsd) / 1e9;
}
