import { formatTable } from '#bench/format-table.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { estimateMinuteCost, type PricedModels } from '#src/spending/minute-cost.ts';
import { knownPrices } from '#src/spending/prices/prices.ts';
import type { BenchPipeline } from './server-settings.ts';

/** A pipeline with the models that it asks. */
type PricedPipeline = PricedModels & { readonly pipeline: BenchPipeline };

const { chat, audioChat, transcription, liveTranscription, realtime, realtimeSpeech } =
  standardModels;
const pricedPipelines: readonly PricedPipeline[] = [
  {
    pipeline: 'chained',
    recogniser: transcription,
    model: chat,
    reader: realtimeSpeech,
  },
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

/** A pipeline with the price of a minute of conversation, in US dollars: of each part, and of the whole. */
export type PipelineCost = PricedPipeline & {
  readonly hearUsd: number;
  readonly thinkUsd: number;
  readonly speakUsd: number;
  readonly wholeUsd: number;
};

/** Estimates the price of a minute of each pipeline at OpenAI, by the bot's own table of prices. NaN where the table lacks a model. */
export function estimateMinuteCosts(): readonly PipelineCost[] {
  return pricedPipelines.map((pipeline) => ({
    ...pipeline,
    ...estimateMinuteCost(pipeline),
  }));
}

/** Returns the day of the newest known price. Undefined without any. */
export function getPriceDate(): string | undefined {
  return knownPrices
    .map(({ asOf }) => asOf)
    .sort()
    .at(-1);
}

/** Formats the price of a minute of each pipeline. */
export function formatCostReport(): string {
  const columnNames = [
    'pipeline',
    'hears',
    'thinks',
    'speaks',
    'hear',
    'think',
    'speak',
    'US$ a minute',
  ];
  const rows = estimateMinuteCosts().map((cost) => {
    const { pipeline, recogniser, model, reader = 'the model' } = cost;
    const prices = [cost.hearUsd, cost.thinkUsd, cost.speakUsd, cost.wholeUsd];
    return [pipeline, recogniser, model, reader, ...prices.map(formatUsd)];
  });
  return formatTable(columnNames, rows);
}

/** Formats a price in US dollars, to a hundredth of a cent. */
export function formatUsd(usd: number): string {
  return usd.toFixed(4);
}
