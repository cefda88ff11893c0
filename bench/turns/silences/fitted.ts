import { readFileSync } from 'node:fs';
import { scenesFolder } from '#bench/turns/clips.ts';
import { fitLogistic, type LogisticModel, logitOf, type WeightedSample } from './logistic.ts';
import type { Moment } from './moments.ts';
import type { Prosody } from './prosody-meter.ts';
import { type SilenceTurn, within } from './scored-turns.ts';

/** Weights that `fit.ts` made of the tuning half. */
export type FittedModels = { readonly prosody: LogisticModel; readonly words: LogisticModel };

/** Silence, in ms, in which samples are taken, and how fast later ones lose weight. */
const [fromMs, toMs, fadingMs] = [60, 1200, 500];
const ridge = 1;

export const fittedPath = `${scenesFolder}/fitted.json`;

export function readFitted(): FittedModels {
  return JSON.parse(readFileSync(fittedPath, 'utf8'));
}

export function prosodyScore({ prosody }: FittedModels, moment: Moment): number {
  return logitOf(prosody, prosodyFeatures(moment));
}

export function wordsScore({ words }: FittedModels, moment: Moment): number {
  return logitOf(words, wordFeatures(moment));
}

/** Logistic regressions of whether the turn is over, ends and holds weighing the same. */
export function fitModels(turns: readonly SilenceTurn[]): FittedModels {
  return {
    prosody: fitLogistic(samplesOf(turns, prosodyFeatures), ridge),
    words: fitLogistic(samplesOf(turns, wordFeatures), ridge),
  };
}

function samplesOf(
  turns: readonly SilenceTurn[],
  featuresOf: (moment: Moment) => number[],
): WeightedSample[] {
  const samples = turns.flatMap(({ silences, moments }) =>
    silences.flatMap((silence) =>
      within(moments, silence)
        .filter(({ silentMs }) => silentMs >= fromMs && silentMs <= toMs)
        .map((moment) => ({
          features: featuresOf(moment),
          label: silence.kind === 'eot',
          weight: Math.exp(-moment.silentMs / fadingMs),
        })),
    ),
  );
  const total = (label: boolean) =>
    samples.reduce((sum, sample) => sum + (sample.label === label ? sample.weight : 0), 0);
  const [ends, holds] = [total(true), total(false)];
  return samples.map((sample) => ({
    ...sample,
    weight: (sample.weight * samples.length) / (2 * (sample.label ? ends : holds)),
  }));
}

function prosodyFeatures({ silentMs, signs, prosody }: Moment): number[] {
  const since = Math.min(silentMs, 1500) / 1000;
  return [
    1,
    since,
    Math.log1p(10 * since),
    signs.closed ? 1 : 0,
    signs.lags ? 1 : 0,
    ...(prosody ? [1, ...spoken(prosody)] : [0, 0, 0, 0, 0, 0, 0]),
  ];
}

function spoken(prosody: Prosody): number[] {
  return [
    prosody.pitchSlope,
    prosody.pitchAboveMedian,
    prosody.pitchRank,
    Math.log(Math.max(0.1, prosody.lengthening)),
    prosody.levelAboveMean,
    prosody.levelSlope,
  ].map((value) => Math.max(-8, Math.min(8, value)));
}

function wordFeatures(moment: Moment): number[] {
  const { silentMs, signs } = moment;
  const logit = signs.reading?.completeLogit ?? 0;
  const since = Math.min(silentMs, 1500) / 1000;
  const words =
    signs.reading && !signs.textless
      ? [1, logit, Math.max(0, logit), since * logit, 0]
      : [0, 0, 0, 0, logit];
  return [...prosodyFeatures(moment), ...words];
}
