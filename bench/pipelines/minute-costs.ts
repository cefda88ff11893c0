import { formatTable } from '#bench/format-table.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { estimateMinuteCost, type PricedModels } from '#src/spending/minute-cost.ts';
import { knownPrices } from '#src/spending/prices/prices.ts';
import type { BenchPipeline } from './server-settings.ts';

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

/** Each pipeline at OpenAI, by the bot's own table of prices; NaN where that lacks a model. */
export function estimateMinuteCosts() {
  return pricedPipelines.map((pipeline) => ({
    ...pipeline,
    ...estimateMinuteCost(pipeline),
  }));
}

export function getPriceDate() {
  return knownPrices
    .map(({ asOf }) => asOf)
    .sort()
    .at(-1);
}

export function formatCostReport() {
  const head = [
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
    const parts = [cost.hearUsd, cost.thinkUsd, cost.speakUsd, cost.wholeUsd];
    return [pipeline, recogniser, model, reader, ...parts.map(formatUsd)];
  });
  return formatTable(head, rows);
}

export function formatUsd(usd: number) {
  return usd.toFixed(4);
}
