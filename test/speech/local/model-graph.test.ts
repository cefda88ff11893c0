import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { getModelFolder } from '#src/speech/local/folders.ts';
import { cutModel } from '#src/speech/local/process/model-graph.ts';

test('parts of a model give the same numbers as the whole, each in a shorter run', async () => {
  const file = await readFile(`${getModelFolder('whisper-base-int4')}/encoder.onnx`);
  const pieces = cutModel(file, /^\/(blocks\.[1-9]\d*|ln_post)\//);
  expect(pieces).toHaveLength(7);
  expect(cutModel(file, /no such node/)).toHaveLength(1);
  const levels = Float32Array.from({ length: 80 * 50 }, (_, n) => Math.sin(n));
  const mel = new Tensor('float32', levels, [1, 80, 50]);
  const encodeMel = async (models: readonly Uint8Array[]) => {
    let values: Record<string, Tensor> = { mel };
    for (const model of models) {
      const session = await InferenceSession.create(model, {
        graphOptimizationLevel: 'disabled',
        intraOpNumThreads: 1,
      });
      values = await session.run(values);
    }
    return values.n_layer_cross_v?.data;
  };
  expect(await encodeMel(pieces)).toEqual(await encodeMel([file]));
});
