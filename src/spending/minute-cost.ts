import {
  msPerTokenHeard,
  msPerTokenSpoken,
} from '#src/provider/models/request-reservation.ts';
import { usualSentShare } from '#src/speech/listen.ts';
import { findRate, knownPrices } from '#src/spending/prices/prices.ts';
import { charactersPerToken, computeCost, type Use } from './cost.ts';
import { estimateSpokenCharacters } from './reservation.ts';

export const [questions, askedMs, answeredMs] = [4, 5_000, 8_000];
/** Tokens of instructions, tools and earlier exchanges. */
export const shownTokens = 1_000;

/** `host` may hold a port. */
export type HostedModel = { readonly model: string; readonly host: string };

export function estimateHearingUsd(
  recogniser: HostedModel,
  streams = false,
): number | undefined {
  return findUsd(recogniser, {
    kind: 'heard',
    ms: askedMs * (streams ? 1 : usualSentShare),
  });
}

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

export function estimateSpeakingUsd(reader: HostedModel): number | undefined {
  return findUsd(reader, {
    kind: 'spoken',
    characters: estimateSpokenCharacters(answeredMs),
    ms: answeredMs,
  });
}

export function getPriceDate(): string {
  return (
    knownPrices
      .map(({ asOf }) => asOf)
      .sort()
      .at(-1) ?? ''
  );
}

function findUsd({ model, host }: HostedModel, use: Use) {
  const rates = findRate(knownPrices, model, host);
  const nanoUsd = rates && computeCost(use, rates);
  return nanoUsd === undefined ? undefined : (questions * nanoUsd) / 1e9;
}
