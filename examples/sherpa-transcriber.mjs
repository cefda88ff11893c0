// Speech to text by sherpa-onnx-node, with a Whisper or transducer model from a folder.
// npm install --no-save sherpa-onnx-node
// TRANSCRIPTION_BACKEND=./examples/sherpa-transcriber.mjs TRANSCRIPTION_MODEL=/models/whisper-tiny npm start
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Whisper's languages; of any other sherpa-onnx ends the whole process. */
const languages =
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su'.split(
    ' ',
  );
/** Sound shorter than this has no words, and none at all ends the process. */
const shortestSeconds = 0.1;

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
        if (samples.length < shortestSeconds * rateHz) {
          yield { kind: 'final', transcript: { text: '' } };
          return;
        }
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
  // A missing file ends the process, and a second thread is slower on a machine that others use.
  if (!encoder || !decoder || !tokens)
    throw new Error(`${folder} holds no model with its tokens.`);
  const more = { tokens, numThreads: 1 };
  if (joiner) return { transducer: { encoder, decoder, joiner }, ...more };
  const spoken = language.toLowerCase().split('-', 1)[0];
  const whisper = {
    encoder,
    decoder,
    language: languages.includes(spoken) ? spoken : '', // empty: the model finds it
    task: 'transcribe',
    // Times end its repetitions, and with them base needs 4 s of silence behind the words, tiny 10.
    enableSegmentTimestamps: 1,
    tailPaddings: encoder.includes('tiny') ? 1_000 : 400,
  };
  return { whisper, ...more };
}

function fileIn(folder, isIt) {
  const name = readdirSync(folder).sort().find(isIt);
  return name && join(folder, name);
}
