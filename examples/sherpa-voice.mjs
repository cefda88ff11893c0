// Text to speech by sherpa-onnx-node, with a Piper (VITS) or Kokoro model from a folder.
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
    const files = readdirSync(folder);
    const model = files.find((name) => name.endsWith('.onnx'));
    // A file that is missing or of another kind ends the whole process: sherpa-onnx throws nothing.
    if (!model || !files.includes('tokens.txt'))
      throw new Error(`${folder} holds no .onnx file with its tokens.txt.`);
    const parts = {
      model: join(folder, model),
      tokens: join(folder, 'tokens.txt'),
      dataDir: join(folder, 'espeak-ng-data'),
    };
    const voices = join(folder, 'voices.bin');
    const isKokoro = files.includes('voices.bin');
    const tts = await sherpa.OfflineTts.createAsync({
      model: {
        ...(isKokoro
          ? { kokoro: { ...parts, voices, lang: 'en-us' } }
          : { vits: parts }),
        numThreads: 1, // two are slower on a machine that others use
      },
      maxNumSentences: 1,
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
