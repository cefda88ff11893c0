import { table } from '#bench/table.ts';
import { standardModels } from '#src/provider/models/models.ts';
import { costOf, type Use } from '#src/spending/cost.ts';
import { knownPrices } from '#src/spending/prices/price-table.ts';
import { rateOf } from '#src/spending/prices/prices.ts';

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
  readonly name: string;
  readonly recogniser: string;
  readonly model: string;
  /** Reads aloud what the model writes; absent: the model speaks. */
  readonly reader?: string;
};

const { chat, audioChat, transcription, liveTranscription, realtime, realtimeSpeech } =
  standardModels;
const pipelines: readonly PricedPipeline[] = [
  { name: 'chained', recogniser: transcription, model: chat, reader: realtimeSpeech },
  { name: 'chained', recogniser: liveTranscription, model: chat, reader: realtimeSpeech },
  { name: 'audio-model', recogniser: transcription, model: audioChat },
  { name: 'realtime', recogniser: transcription, model: realtime },
  { name: 'realtime', recogniser: transcription, model: realtimeSpeech },
];

/** US dollars for each pipeline at OpenAI, by the bot's own table of prices. */
export function costsOfMinute(): readonly (readonly string[])[] {
  return pipelines.map((pipeline) => {
    const { name, recogniser, model, reader } = pipeline;
    const parts = [heardUsd(recogniser), thoughtUsd(model, reader === undefined), readUsd(reader)];
    const whole = parts.reduce((sum, part) => sum + part, 0);
    return [name, recogniser, model, reader ?? 'the model', ...[...parts, whole].map(shown)];
  });
}

export function costReport(): string {
  const head = ['pipeline', 'hears', 'thinks', 'speaks', 'hear', 'think', 'speak', 'US$ a minute'];
  return table(head, costsOfMinute());
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

function shown(usd: number): string {
  return usd.toFixed(4);
}
