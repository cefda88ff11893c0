import { join } from 'node:path';
import { listenRateHz } from '#src/audio/pcm.ts';
import type { PerformJob } from '#src/speech/local/model-jobs.ts';
import { computeLogMel, hopSamples, melBands } from './log-mel.ts';
import { loadRuntime, openModel } from './sessions.ts';

/** Smart Turn hears the last 8 s. */
const heardSamples = 8 * listenRateHz;
const leastVariance = 1e-7;

/**
 * Opens Smart Turn: how likely a person has finished, by their last 8 s and not by words
 * (https://github.com/pipecat-ai/smart-turn).
 */
export async function openSmartTurn(
  folder: string,
): Promise<PerformJob<'end-of-turn'>> {
  const { Tensor } = await loadRuntime();
  const run = await openModel(join(folder, 'smart-turn.onnx'));
  return async function* judge({ samples }) {
    const features = computeLogMel(normalise(samples.subarray(-heardSamples)));
    const frames = heardSamples / hopSamples;
    const input = new Tensor('float32', features, [1, melBands, frames]);
    const { logits } = await run({ input_features: input });
    yield Number(logits?.data[0]); // a probability in spite of its name
  };
}

/** Sound of mean 0 and variance 1 behind as many zeros as are missing, which count for both. */
function normalise(samples: Int16Array) {
  const [sum, squares] = samples.reduce(
    ([all, power], sample) => [all + sample / 32_768, power + (sample / 32_768) ** 2],
    [0, 0],
  );
  const mean = sum / heardSamples;
  const scale = 1 / Math.sqrt(squares / heardSamples - mean ** 2 + leastVariance);
  const heard = new Float32Array(heardSamples).fill(-mean * scale);
  const from = heardSamples - samples.length;
  for (const [n, sample] of samples.entries())
    heard[from + n] = (sample / 32_768 - mean) * scale;
  return heard;
}
