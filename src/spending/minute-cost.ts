import {
  msPerTokenHeard,
  msPerTokenSpoken,
} from '#src/provider/models/request-reservation.ts';
import { usualSentShare } from '#src/speech/listen.ts';
import { findRate, knownPrices } from '#src/spending/prices/prices.ts';
import { charactersPerToken, computeCost, type Use } from './cost.ts';
import { estimateSpokenCharacters } from './reservation.ts';

/** A minute of conversation: so many questions, and for each of them, in ms, what people and the bot say. */
export const [questions, askedMs, answeredMs] = [4, 5_000, 8_000];
/** Text that a model is shown for each answer, in tokens: instructions, tools, earlier exchanges. */
export const shownTokens = 1_000;

/** A model and the host that serves it; `host` may hold a port. */
export type HostedModel = { readonly model: string; readonly host: string };

/** US dollars for the recogniser in a minute of conversation, at most; undefined: its price is not known. */
export function estimateHearingUsd(
  recogniser: HostedModel,
  streams = false,
): number | undefined {
  return findUsd(recogniser, {
    kind: 'heard',
    ms: askedMs * (streams ? 1 : usualSentShare),
  });
}

/** US dollars for the model that answers; `speaks`: it hears and speaks by itself. As `estimateHearingUsd`. */
export function estimateThinkingUsd(
  model: HostedModel,
  speaks = false,
): number | undefined {
  const heard = speaks ? askedMs / msPerTokenHeard : 0;
  const spoken = speaks ? answeredMs / msPerTokenSpoken : 0;
  return findUsd(model, {
    kind: 'tokens',
    inputTokens: shownTokens + heard,
    audioInputTokens: heard,
    outputTokens: estimateSpokenCharacters(answeredMs) / charactersPerToken + spoken,
    audioOutputTokens: spoken,
  });
}

/** US dollars for the model that reads aloud. As `estimateHearingUsd`. */
export function estimateSpeakingUsd(reader: HostedModel): number | undefined {
  return findUsd(reader, {
    kind: 'spoken',
    characters: estimateSpokenCharacters(answeredMs),
    ms: answeredMs,
  });
}

/** Newest day of the known prices. */
export function getPriceDate(): string {
  return (
    knownPrices
      .map(({ asOf }) => asOf)
      .sort()
      .at(-1) ?? ''
  );
}

/** For all questions of the minute. */
function findUsd({ model, host }: HostedModel, use: Use) {
  const rates = findRate(knownPrices, model, host);
  const nanoUsd = rates && computeCost(use, rates);
  return nanoUsd === undefined ? undefined : (questions * nanoUsd) / 1e9;
}
