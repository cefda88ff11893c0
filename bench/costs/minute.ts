import type { BenchPipeline } from '#bench/pipelines/server-settings.ts';
import { table } from '#bench/table.ts';
import { standardModels } from '#src/provider/models/models.ts';
import { hearingUsd, speakingUsd, thinkingUsd } from '#src/spending/minute-cost.ts';

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
  return pipelines.map((pipeline) => {
    const { recogniser, model, reader } = pipeline;
    const hearUsd = priced(hearingUsd({ model: recogniser, host }));
    const thinkUsd = priced(thinkingUsd({ model, host }, reader === undefined));
    const speakUsd = reader === undefined ? 0 : priced(speakingUsd({ model: reader, host }));
    return { ...pipeline, hearUsd, thinkUsd, speakUsd, wholeUsd: hearUsd + thinkUsd + speakUsd };
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

export function shownUsd(usd: number): string {
  return usd.toFixed(4);
}

/** Errors: TypeError where the table has no price for a model. */
function priced(usd: number | undefined): number {
  if (usd === undefined) throw new TypeError('A model has no price in the table.');
  return usd;
}
