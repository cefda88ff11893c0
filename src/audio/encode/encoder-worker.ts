import { parentPort } from 'node:worker_threads';
import { speakRateHz } from '#src/audio/pcm.ts';
import type { FromEncoder, SoundToEncode, ThreadedFormat, ToEncoder } from './sound-encoder.ts';

// Entry of the thread of encoders. Each library is loaded when its format is first asked for.

/** Bit rate of MP3, in kbit/s: more than speech at this rate needs. */
const mp3Kbits = 64;
/** Samples of one block of FLAC, 20 ms: the delay of the encoder. */
const flacBlockSamples = speakRateHz / 50;
/** Compression level of libFLAC, 0 to 8: its own standard. */
const flacLevel = 5;

type LoadedEncoder = {
  push(samples: Int16Array): Uint8Array;
  end(): Uint8Array;
  free(): void;
};

const open: Readonly<Record<ThreadedFormat, () => Promise<LoadedEncoder>>> = {
  mp3: openMp3,
  flac: openFlac,
};

async function openMp3(): Promise<LoadedEncoder> {
  const { createMp3Encoder } = await import('wasm-media-encoders');
  const encoder = await createMp3Encoder();
  encoder.configure({ channels: 1, sampleRate: speakRateHz, bitrate: mp3Kbits });
  // the next call overwrites the result
  return {
    push: (samples) => encoder.encode([Float32Array.from(samples, (one) => one / 32_768)]).slice(),
    end: () => encoder.finalize().slice(),
    free() {},
  };
}

async function openFlac(): Promise<LoadedEncoder> {
  const { default: libFlac } = await import('libflacjs');
  const flac = libFlac('min'); // plain JavaScript: its WebAssembly is fetched, which Node does not from files
  if (!flac.isReady()) await new Promise<void>((resolve) => flac.on('ready', () => resolve()));
  const shape = [speakRateHz, 1, 16, flacLevel, 0, false, flacBlockSamples] as const;
  const id = flac.create_libflac_encoder(...shape);
  const written: Uint8Array[] = [];
  const state = flac.init_encoder_stream(id, (bytes) => void written.push(bytes.slice()));
  if (id === 0 || state !== 0) throw new Error(`libFLAC did not begin: ${state}.`);
  const taken = () => new Uint8Array(Buffer.concat(written.splice(0)));
  return {
    push(samples) {
      flac.FLAC__stream_encoder_process_interleaved(id, Int32Array.from(samples), samples.length);
      return taken();
    },
    end() {
      flac.FLAC__stream_encoder_finish(id);
      return taken();
    },
    free: () => flac.FLAC__stream_encoder_delete(id),
  };
}

/** Never rejects. */
async function answerTo(message: ToEncoder, opening: Promise<LoadedEncoder>): Promise<FromEncoder> {
  try {
    const encoder = await opening;
    return message === 'end' ? encoder.end() : encoder.push(message);
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : `${thrown}`;
  }
}

parentPort?.on('message', ({ format, port }: SoundToEncode) => {
  const opening = open[format]();
  opening.catch(() => undefined); // `push` reports the error
  port.on('message', (message: ToEncoder) => {
    void answerTo(message, opening).then((answer) => port.postMessage(answer));
  });
  port.on('close', () => {
    opening.then((encoder) => encoder.free()).catch(() => undefined); // one that did not open is not freed
  });
});
