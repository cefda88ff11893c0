import {
  msPerTokenHeard,
  msPerTokenSpoken,
} from '#src/provider/models/request-reservation.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { usualSentShare } from '#src/speech/listen.ts';
import { findRate, knownPrices } from '#src/spending/prices/prices.ts';
import { charactersPerToken, computeCost, type Use } from './cost.ts';
import { estimateSpokenCharacters } from './reservation.ts';

export const [questions, askedMs, answeredMs] = [4, 5_000, 8_000];
/** Tokens of instructions, tools and earlier exchanges. */
export const shownTokens = 1_000;

const openAiHost = 'api.openai.com';

export type PricedModels = {
  readonly recogniser: string;
  readonly model: string;
  /** Model that reads aloud; undefined: the model speaks. */
  readonly reader?: string;
};

/** Estimates a minute at OpenAI; NaN where a model has no known price. */
export function estimateMinuteCost({ recogniser, model, reader }: PricedModels) {
  const streams = recogniser === standardModels.liveTranscription;
  const ms = askedMs * (streams ? 1 : usualSentShare);
  const hearUsd = findUsd(recogniser, { kind: 'heard', ms });
  const thinkUsd = findUsd(model, estimateAnswerUse(!reader));
  const speakUsd = reader ? findUsd(reader, answerReading) : 0;
  return { hearUsd, thinkUsd, speakUsd, wholeUsd: hearUsd + thinkUsd + speakUsd };
}

export const answerReading: Use = {
  kind: 'spoken',
  characters: estimateSpokenCharacters(answeredMs),
  ms: answeredMs,
};

export function estimateAnswerUse(speaks: boolean): Use {
  const heard = speaks ? askedMs / msPerTokenHeard : 0;
  const spoken = speaks ? answeredMs / msPerTokenSpoken : 0;
  return {
    kind: 'tokens',
    inputTokens: shownTokens + heard,
    audioInputTokens: heard,
    outputTokens: estimateSpokenCharacters(answeredMs) / charactersPerToken + spoken,
    audioOutputTokens: spoken,
  };
}

function findUsd(model: string, use: Use) {
  const rates = findRate(knownPrices, model, openAiHost);
  return (questions * ((rates && computeCost(use, rates)) ?? Number.NaN)) / 1e9;
}
