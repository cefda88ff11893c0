import type { BenchPipeline } from '#bench/pipelines/server-settings.ts';
import { table } from '#bench/table.ts';
import { standardModels } from '#src/provider/models/models.ts';
import { costOf, type Use } from '#src/spending/cost.ts';
import { knownPrices, rateOf } from '#src/spending/prices/prices.ts';

/** A minute of conversation: so many questions, and for each of them, in ms, what people and the bot say. */
export const questions = 4;
export const askedMs = 5_000;
export const answeredMs = 8_000;
/** What a model is shown for each answer, in tokens of text: instructions, tools, what was said before. */
export const shownTokens = 1_000;

/** How fast the bot speaks, in characters per ms, and how many of them are a token. */
const [charactersPerMs, charactersPerToken] = [0.015, 4];
/** How OpenAI counts sound (its price lists, 2025), in ms. */
const [msPerTokenHeard, msPerTokenSpoken] = [100, 50];
const host = 'api.openai.com';

type PricedPipeline = {
  readonly pipeline: BenchPipeline;
  readonly recogniser: string;
  readonly model: string;
  /** Model that reads aloud; undefined: the model speaks. */
  readonly reader?: string;
};

/** Price of a minute of one pipeline, in US dollars: each part, and the sum. */
export type MinuteCost = PricedPipeline & {
  readonly hearUsd: number;
  readonly thinkUsd: number;
  readonly speakUsd: number;
  readonly wholeUsd: number;
};

const { chat, audioChat, transcription, liveTranscription, realtime, realtimeSpeech } =
  standardModels;
const pipelines: readonly PricedPipeline[] = [
  { pipeline: 'chained', recogniser: transcription, model: chat, reader: realtimeSpeech },
  {
    pipeline: 'chained, streaming recogniser',
    recogniser: liveTranscription,
    model: chat,
    reader: realtimeSpeech,
  },
  { pipeline: 'audio-model', recogniser: transcription, model: audioChat },
  { pipeline: 'realtime', recogniser: transcription, model: realtime },
  { pipeline: 'realtime', recogniser: transcription, model: realtimeSpeech },
];

/** Each pipeline at OpenAI, by the bot's own table of prices. */
export function costsOfMinute(): readonly MinuteCost[] {
  return pipelines.map((priced) => {
    const { recogniser, model, reader } = priced;
    const hearUsd = heardUsd(recogniser);
    const thinkUsd = thoughtUsd(model, reader === undefined);
    const speakUsd = readUsd(reader);
    return { ...priced, hearUsd, thinkUsd, speakUsd, wholeUsd: hearUsd + thinkUsd + speakUsd };
  });
}

export function costReport(): string {
  const head = ['pipeline', 'hears', 'thinks', 'speaks', 'hear', 'think', 'speak', 'US$ a minute'];
  const rows = costsOfMinute().map((cost) => {
    const { pipeline, recogniser, model, reader = 'the model' } = cost;
    const parts = [cost.hearUsd, cost.thinkUsd, cost.speakUsd, cost.wholeUsd];
    return [pipeline, recogniser, model, reader, ...parts.map(shownUsd)];
  });
  return table(head, rows);
}

/** Newest day of the prices that count here. */
export function pricesAsOf(): string {
  return (
    knownPrices
      .map(({ asOf }) => asOf)
      .sort()
      .at(-1) ?? ''
  );
}

function heardUsd(recogniser: string): number {
  return usdOf(recogniser, { kind: 'heard', ms: askedMs });
}

function thoughtUsd(model: string, hearsAndSpeaks: boolean): number {
  const heard = hearsAndSpeaks ? askedMs / msPerTokenHeard : 0;
  const spoken = hearsAndSpeaks ? answeredMs / msPerTokenSpoken : 0;
  return usdOf(model, {
    kind: 'tokens',
    inputTokens: shownTokens + heard,
    audioInputTokens: heard,
    outputTokens: (answeredMs * charactersPerMs) / charactersPerToken + spoken,
    audioOutputTokens: spoken,
  });
}

function readUsd(reader: string | undefined): number {
  const use = { kind: 'spoken', characters: answeredMs * charactersPerMs, ms: answeredMs } as const;
  return reader === undefined ? 0 : usdOf(reader, use);
}

/** For all questions of the minute. */
function usdOf(model: string, use: Use): number {
  const nanoUsd = costOf(use, rateOf(knownPrices, model, host));
  if (nanoUsd === undefined) throw new Error(`${model} has no price in the table.`);
  return (questions * nanoUsd) / 1e9;
}

export function shownUsd(usd: number): string {
  return usd.toFixed(4);
}
