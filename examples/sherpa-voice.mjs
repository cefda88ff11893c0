// Text to speech by sherpa-onnx-node, with a Piper (VITS) model from a folder. Not tried with a model.
// npm install --no-save sherpa-onnx-node
// SPEECH_BACKEND=./examples/sherpa-voice.mjs SPEECH_MODEL=/models/vits-piper-en_US-amy-low npm start
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const engine = {
  version: 1,
  role: 'text to speech',
  name: 'sherpa-onnx',
  price: 'free',
  async open({ model: folder }) {
    const sherpa = createRequire(import.meta.url)('sherpa-onnx-node');
    const model = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.onnx')),
    );
    const [tokens, dataDir] = ['tokens.txt', 'espeak-ng-data'].map((name) => join(folder, name));
    const tts = await sherpa.OfflineTts.createAsync({
      model: { vits: { model, tokens, dataDir } },
    });
    return {
      async *synthesize(text, { name, speed = 1 }) {
        const sid = Number(name) || 0; // speakers of such a model have numbers
        const { samples, sampleRate } = await tts.generateAsync({ text, sid, speed });
        const pcm = Int16Array.from(
          samples,
          (sample) => Math.max(-1, Math.min(1, sample)) * 32_767,
        );
        yield { samples: pcm, rateHz: sampleRate, channels: 1 };
      },
    };
  },
};
