// Speech to text by sherpa-onnx-node, with a Whisper or transducer model from a folder. Not tried with a model.
// npm install --no-save sherpa-onnx-node
// TRANSCRIPTION_BACKEND=./examples/sherpa-transcriber.mjs TRANSCRIPTION_MODEL=/models/whisper-tiny npm start
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const engine = {
  version: 1,
  role: 'speech to text',
  name: 'sherpa-onnx',
  price: 'free',
  async open({ model: folder, language = '' }) {
    const sherpa = createRequire(import.meta.url)('sherpa-onnx-node');
    const recognizer = await sherpa.OfflineRecognizer.createAsync({
      featConfig: { sampleRate: 16_000, featureDim: 80 },
      modelConfig: modelIn(folder, language),
    });
    return {
      async *transcribe({ samples, rateHz }) {
        const stream = recognizer.createStream();
        const waveform = Float32Array.from(samples, (sample) => sample / 32_768);
        stream.acceptWaveform({ samples: waveform, sampleRate: rateHz });
        const { text } = await recognizer.decodeAsync(stream);
        yield { kind: 'final', transcript: { text: text.trim() } };
      },
    };
  },
};

/** A transducer has a joiner, Whisper has none. */
function modelIn(folder, language) {
  const [encoder, decoder, joiner] = ['encoder', 'decoder', 'joiner'].map((part) =>
    fileIn(folder, (name) => name.includes(part) && name.endsWith('.onnx')),
  );
  const tokens = fileIn(folder, (name) => name.endsWith('tokens.txt'));
  if (joiner) return { transducer: { encoder, decoder, joiner }, tokens };
  return { whisper: { encoder, decoder, language, task: 'transcribe' }, tokens };
}

function fileIn(folder, isIt) {
  const name = readdirSync(folder).sort().find(isIt);
  return name && join(folder, name);
}
