import { join } from 'node:path';
import { listenRateHz } from '#src/audio/pcm.ts';
import type { PerformJob } from '#src/speech/local/model-jobs.ts';
import { computeLogMel, hopSamples, melBands } from './log-mel.ts';
import { loadRuntime, openModel } from './sessions.ts';

const heardSamples = 8 * listenRateHz;
const leastVariance = 1e-7 * 32_768 ** 2;

/**
 * Opens Smart Turn, which predicts the end of a turn from 8 s of sound
 * (https://github.com/pipecat-ai/smart-turn).
 */
export async function openSmartTurn(
  folder: string,
): Promise<PerformJob<'end-of-turn'>> {
  const { Tensor } = await loadRuntime();
  const run = await openModel(join(folder, 'smart-turn.onnx'));
  return async function* judge({ samples }) {
    const heard = normalise(samples.subarray(-heardSamples));
    const features = computeLogMel(heard, heardSamples - samples.length);
    const frames = heardSamples / hopSamples;
    const input = new Tensor('float32', features, [1, melBands, frames]);
    const { logits } = await run({ input_features: input });
    yield Number(logits?.data[0]); // The name is wrong: this is a probability.
  };
}

/** Normalises to mean 0 and variance 1, with zeros before short sound that count for both. */
function normalise(samples: Int16Array) {
  let [sum, squares] = [0, 0];
  for (const sample of samples) {
    sum += sample;
    squares += sample ** 2;
  }
  const mean = sum / heardSamples;
  const variance = squares / heardSamples - mean ** 2;
  const scale = 1 / Math.sqrt(variance + leastVariance);
  const heard = new Float32Array(heardSamples).fill(-mean * scale);
  const from = heardSamples - samples.length;
  for (let n = 0; n < samples.length; n++)
    heard[from + n] = ((samples[n] ?? 0) - mean) * scale;
  return heard;
}
