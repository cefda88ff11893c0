import { parentPort } from 'node:worker_threads';
import { speakRateHz } from '#src/audio/pcm.ts';
import type { FromEncoders, ThreadedFormat, ToEncoders } from './sound-encoder.ts';

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

const encoders = new Map<number, Promise<LoadedEncoder>>();

function send(message: FromEncoders): void {
  parentPort?.postMessage(message);
}

async function handle(message: ToEncoders): Promise<void> {
  const { id, kind } = message;
  if (kind === 'open') {
    const opened = open[message.format]();
    opened.catch(() => undefined); // `push` reports the error
    encoders.set(id, opened);
    return;
  }
  const opening = encoders.get(id);
  if (kind === 'close') {
    encoders.delete(id);
    (await opening)?.free();
    return;
  }
  try {
    const encoder = await opening;
    if (!encoder) return;
    const bytes = kind === 'push' ? encoder.push(message.samples) : encoder.end();
    send({ kind: 'bytes', id, bytes });
  } catch (thrown) {
    send({ kind: 'failed', id, message: thrown instanceof Error ? thrown.message : `${thrown}` });
  }
}

parentPort?.on('message', (message: ToEncoders) => {
  handle(message).catch(() => undefined); // one that did not open is not freed
});
