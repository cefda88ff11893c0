import { join } from 'node:path';
import type { PerformJob } from '#src/speech/local/model-jobs.ts';
import { computeLogMel, melBands } from './log-mel.ts';
import { loadRuntime, openModel } from './sessions.ts';
import { computeTurnLogit, readTurnHead } from './turn-head.ts';

/** The model hears 400 tokens of 20 ms, and computes as much for one of silence as for one of speech. */
const [heardTokens, tokenSamples] = [400, 320];
const heardSamples = heardTokens * tokenSamples;
/**
 * Zeros before short sound are one token for 16. Single judgements are others than of all 400, by 0.1 in the mean: what they
 * are worth is measured by `npm run bench -- turns --human`.
 */
const mergedTokens = 16;
/** Tokens before the sound that stay, since windows reach into them. The first is the silence that is merged. */
const edgeTokens = 6;
/** Computed before the first, as its neighbours. */
const leadTokens = 2;
const minVariance = 1e-7 * 32_768 ** 2;

/** The last 8 s of a person's sound, as Smart Turn hears them. */
export type HeardTurn = {
  /** 384 numbers, from which the probability is made. */
  readonly pooled: Float32Array;
  /** That the turn is over, from 0 to 1, by the model as its makers trained it. */
  readonly probability: number;
};

/** Opens Smart Turn for a job. */
export async function openSmartTurn(
  folder: string,
): Promise<PerformJob<'end-of-turn'>> {
  const head = await readTurnHead(folder);
  const hearTurn = await openTurnEncoder(folder);
  return async ({ samples }) => computeTurnLogit(head, await hearTurn(samples));
}

/**
 * Opens Smart Turn, which predicts the end of a turn from 8 s of sound
 * (https://github.com/pipecat-ai/smart-turn). Takes mono sound at 16 kHz.
 */
export async function openTurnEncoder(
  folder: string,
): Promise<(samples: Int16Array) => Promise<HeardTurn>> {
  const { Tensor } = await loadRuntime();
  const runModel = await openModel(join(folder, 'smart-turn.onnx'));
  return async (samples) => {
    const sound = samples.subarray(-heardSamples);
    const { computed, counts, positions, tokens } = listTokens(sound.length);
    const features = computeLogMel(normaliseSound(sound, computed * tokenSamples));
    const frames = features.length / melBands;
    const { logits, pooled } = await runModel({
      input_features: new Tensor('float32', features, [1, melBands, frames]),
      tokens: new Tensor('int32', tokens, [tokens.length]),
      positions: new Tensor('int32', positions, [tokens.length]),
      counts: new Tensor('float32', counts, [tokens.length]),
    });
    if (!(pooled?.data instanceof Float32Array))
      throw new TypeError('Smart Turn has no output of pooled sound');
    // The name is wrong: this is a probability.
    return { pooled: pooled.data, probability: Number(logits?.data[0]) };
  };
}

/**
 * Lists the tokens that are heard: which of those `computed` from sound, at which of the 400 positions, and for how many
 * each counts.
 */
function listTokens(soundSamples: number) {
  const silent = heardTokens - edgeTokens - Math.ceil(soundSamples / tokenSamples);
  const merged = Math.max(0, Math.floor(silent / mergedTokens));
  const firstToken = merged * mergedTokens;
  const lead = merged > 0 ? leadTokens : 0;
  const soundTokens = Array.from({ length: heardTokens - firstToken }, (_, n) => n);
  const silentTokens = Array.from({ length: merged }, (_, n) => n);
  return {
    computed: lead + soundTokens.length,
    tokens: [...silentTokens.map(() => lead), ...soundTokens.map((n) => lead + n)],
    positions: [
      ...silentTokens.map((n) => (n + 0.5) * mergedTokens),
      ...soundTokens.map((n) => firstToken + n),
    ],
    counts: [...silentTokens.map(() => mergedTokens), ...soundTokens.map(() => 1)],
  };
}

/** Returns the last `length` samples of 8 s with mean 0 and variance 1. Zeros before short sound count for both. */
function normaliseSound(samples: Int16Array, length: number) {
  let [sum, squares] = [0, 0];
  for (const sample of samples) {
    sum += sample;
    squares += sample ** 2;
  }
  const mean = sum / heardSamples;
  const variance = squares / heardSamples - mean ** 2;
  const scale = 1 / Math.sqrt(variance + minVariance);
  const sound = new Float32Array(length).fill(-mean * scale);
  const from = length - samples.length;
  for (let n = 0; n < samples.length; n++)
    sound[from + n] = ((samples[n] ?? 0) - mean) * scale;
  return sound;
}
