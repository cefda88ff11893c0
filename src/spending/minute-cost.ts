import {
  msPerTokenHeard,
  msPerTokenSpoken,
} from '#src/provider/models/request-reservation.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { usualSentShare } from '#src/speech/listen.ts';
import { findRate, knownPrices } from '#src/spending/prices/prices.ts';
import { charactersPerToken, computeCost, type Use } from './cost.ts';
import { estimateSpokenCharacters } from './reservation.ts';

/** Questions and answers of the minute that is priced. */
export const questions = 4;
/** Length of a question, in ms. */
export const askedMs = 5_000;
/** Length of an answer, in ms. */
export const answeredMs = 8_000;
/** Tokens of instructions, tools and earlier exchanges. */
export const shownTokens = 1_000;

const openAiHost = 'api.openai.com';

/** The models of a minute, by their names. */
export type PricedModels = {
  readonly recogniser: string;
  readonly model: string;
  /** Model that reads aloud. Undefined if the chat model speaks. */
  readonly reader?: string;
};

/** US dollars for a minute of talk. NaN where a model has no known price. */
export type MinuteCost = {
  readonly hearUsd: number;
  readonly thinkUsd: number;
  readonly speakUsd: number;
  readonly wholeUsd: number;
};

/** Estimates the cost of a minute of talk at OpenAI, by its list prices. */
export function estimateMinuteCost({
  recogniser,
  model,
  reader,
}: PricedModels): MinuteCost {
  const streams = recogniser === standardModels.liveTranscription;
  const ms = askedMs * (streams ? 1 : usualSentShare);
  const hearUsd = findUsd(recogniser, { kind: 'heard', ms });
  const thinkUsd = findUsd(model, estimateAnswerUse(!reader));
  const speakUsd = reader ? findUsd(reader, answerReading) : 0;
  return { hearUsd, thinkUsd, speakUsd, wholeUsd: hearUsd + thinkUsd + speakUsd };
}

/** Use of the voice that reads one answer. */
export const answerReading: Use = {
  kind: 'spoken',
  characters: estimateSpokenCharacters(answeredMs),
  ms: answeredMs,
};

/** Estimates the use of the chat model for one answer. `speaks`: the model hears and speaks by itself. */
export function estimateAnswerUse(speaks: boolean): Use {
  const audioInputTokens = speaks ? askedMs / msPerTokenHeard : 0;
  const audioOutputTokens = speaks ? answeredMs / msPerTokenSpoken : 0;
  return {
    kind: 'tokens',
    inputTokens: shownTokens + audioInputTokens,
    audioInputTokens,
    outputTokens:
      estimateSpokenCharacters(answeredMs) / charactersPerToken + audioOutputTokens,
    audioOutputTokens,
  };
}

function findUsd(model: string, use: Use) {
  const rates = findRate(knownPrices, model, openAiHost);
  return (questions * ((rates && computeCost(use, rates)) ?? Number.NaN)) / 1e9;
}
