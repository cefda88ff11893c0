import { readFile } from 'node:fs/promises';
import { listenRateHz, measureRms, toDb } from '#src/audio/pcm.ts';
import type { SpeakerSound } from './speaker-stream.ts';

/**
 * Voice activity detection by Silero VAD v5: the probability of speech for each 32 ms of one stream.
 *
 * The result equals that of onnxruntime within 1e-4 (`test/fixtures/silero-reference.json`). All streams share one
 * WebAssembly instance.
 *
 * @example
 * import { loadSilero, VoiceActivityDetector, windowSamples } from '#src/audio/voice/voice-activity.ts';
 *
 * const detector = new VoiceActivityDetector(await loadSilero());
 * detector.measureProbability(new Float32Array(windowSamples)) < 0.1; // true
 */
export class VoiceActivityDetector {
  readonly #network: SileroNetwork;
  readonly #state: StreamState = {
    context: new Float32Array(contextSamples),
    outputs: new Float32Array(cellCount),
    cells: new Float32Array(cellCount),
  };

  constructor(network: SileroNetwork) {
    this.#network = network;
  }

  /** Returns the probability of a voice (0 to 1) in 512 samples, each -1 to 1. */
  measureProbability(window: Float32Array): number {
    if (window.length !== windowSamples)
      throw new Error(`A window holds ${windowSamples} samples.`);
    return this.#network.runWindow(this.#state, window);
  }

  /** Forgets the windows so far. The next one begins another stream. */
  reset(): void {
    this.#state.context.fill(0);
    this.#state.outputs.fill(0);
    this.#state.cells.fill(0);
  }
}

/** 32 ms that end at `atMs`. The level is in dB, 0 at full scale and -100 for silence. */
export type VoiceWindow = {
  readonly probability: number;
  readonly levelDb: number;
  readonly atMs: number;
  /** True if a part of it was lost. */
  readonly isLost: boolean;
  /** 512 samples at 16 kHz, each -1 to 1. */
  readonly samples: Float32Array;
};

/** After a longer gap the earlier sound is no context. */
const maxContextGapMs = 300;

/** Cuts one stream into windows and measures each. Less than one window is held back. */
export class VoiceWindowMeter {
  readonly #activity: VoiceActivityDetector;
  #openWindow = new Float32Array(windowSamples);
  #filled = 0;
  #isLost = false;

  constructor(network: SileroNetwork) {
    this.#activity = new VoiceActivityDetector(network);
  }

  /** Adds a piece of a speaker's sound. After a gap of more than 300 ms another stream begins. */
  measureSound(sound: SpeakerSound): readonly VoiceWindow[] {
    if (sound.kind === 'gap' && sound.lengthMs > maxContextGapMs) this.reset();
    return this.push(sound.samples, sound.atMs, sound.kind === 'gap' && sound.isLost);
  }

  /** Adds samples, the last at `atMs`, and returns the windows that they complete. */
  push(samples: Int16Array, atMs: number, isLost = false): readonly VoiceWindow[] {
    const windows: VoiceWindow[] = [];
    for (let from = 0; from < samples.length; ) {
      const part = samples.subarray(from, from + windowSamples - this.#filled);
      this.#addToWindow(part, isLost);
      from += part.length;
      if (this.#filled < windowSamples) continue;
      const behindMs = ((samples.length - from) * 1000) / listenRateHz;
      windows.push(this.#endWindow(atMs - behindMs));
    }
    return windows;
  }

  /** Drops the open window and forgets the sound so far. */
  reset(): void {
    this.#activity.reset();
    this.#filled = 0;
    this.#isLost = false;
  }

  #addToWindow(part: Int16Array, isLost: boolean) {
    this.#isLost ||= isLost;
    for (let n = 0; n < part.length; n++)
      this.#openWindow[this.#filled++] = (part[n] ?? 0) / 32_768;
  }

  #endWindow(atMs: number): VoiceWindow {
    const samples = this.#openWindow;
    const levelDb = toDb(measureRms(samples, 1));
    const probability = this.#activity.measureProbability(samples);
    const isLost = this.#isLost;
    this.#openWindow = new Float32Array(windowSamples);
    this.#filled = 0;
    this.#isLost = false;
    return { probability, levelDb, atMs, isLost, samples };
  }
}

/** Samples of the former window that each window begins with: https://github.com/snakers4/silero-vad */
const contextSamples = 64;
const cellCount = 128;
/** 32 ms at 16 kHz. */
export const windowSamples = 512;

/** Exports of scripts/kernels/silero.ts. Addresses count bytes. */
type Kernels = Readonly<
  Record<'spectra' | 'multiply' | 'remember', (...of: number[]) => void>
>;

type Layer = {
  readonly rows: number;
  readonly width: number;
  readonly weights: number;
  readonly bias: number;
};

const weightsMagic = 'silero-v5-16k';
const pageBytes = 65_536;
const numberBytes = 4;
const vectorBytes = 16;
/** A transform of 256 real samples works on 128 complex points. */
const fftPoints = 128;
const spectrumBins = 129;
/** Three spectra are the widest input. */
const maxInputs = 3 * spectrumBins;

/** Plans the memory, which begins with the file of scripts/silero-weights.mjs. */
function planMemoryAddresses() {
  let endBytes = vectorBytes;
  const reserveNumbers = (count: number) => {
    const from = endBytes;
    endBytes += Math.ceil((count * numberBytes) / vectorBytes) * vectorBytes;
    return from;
  };
  const reserveLayer = (rows: number, width: number) => {
    return {
      rows,
      width,
      weights: reserveNumbers(rows * width),
      bias: reserveNumbers(rows),
    };
  };
  return {
    hann: reserveNumbers(2 * fftPoints),
    /** Each row holds its taps in the order of time. */
    encoder: [
      reserveLayer(128, 3 * spectrumBins),
      reserveLayer(64, 3 * 128),
      reserveLayer(64, 2 * 64),
      reserveLayer(128, 64),
    ],
    /** Input, forget, cell and output gates for the input followed by the former output. */
    memory: reserveLayer(4 * cellCount, 2 * cellCount),
    output: reserveLayer(1, cellCount),
    twiddles: reserveNumbers(2 * spectrumBins),
    order: reserveNumbers(fftPoints),
    work: reserveNumbers(2 * spectrumBins * 4),
    /** 64 samples of the former window, 512 new ones, and 64 mirrored at the end. */
    samples: reserveNumbers(contextSamples + windowSamples + contextSamples),
    // Inputs of the convolutions, a row for each time step. The spare rows before and after stay zero.
    spectra: reserveNumbers(6 * spectrumBins),
    first: reserveNumbers(6 * 128),
    second: reserveNumbers(2 * 64),
    third: reserveNumbers(64),
    /** 128 features and the former output. */
    seen: reserveNumbers(2 * cellCount),
    gates: reserveNumbers(4 * cellCount),
    cells: reserveNumbers(cellCount),
    list: reserveNumbers(2 * maxInputs),
    pages: Math.ceil(endBytes / pageBytes),
  } as const;
}

const memoryAddresses = planMemoryAddresses();

/** The network in a WebAssembly instance of 0.9 MB. */
export class SileroNetwork {
  readonly #kernels;
  readonly #output: Float32Array;
  readonly #bias: Float32Array;
  readonly #samples: Float32Array;
  readonly #context: Float32Array;
  readonly #outputs: Float32Array;
  readonly #cells: Float32Array;

  constructor(wasm: Uint8Array, weights: Buffer) {
    if (weights.toString('latin1', 0, weightsMagic.length) !== weightsMagic)
      throw new Error('Not the Silero weights.');
    const memory = new WebAssembly.Memory({
      initial: memoryAddresses.pages,
      maximum: memoryAddresses.pages,
    });
    const imports = { env: { memory } };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), imports);
    this.#kernels = exports as Kernels; // Exports of the file beside this one.
    const viewNumbers = (from: number, length: number) =>
      new Float32Array(memory.buffer, from, length);
    new Uint8Array(memory.buffer).set(weights);
    viewNumbers(memoryAddresses.twiddles, 2 * spectrumBins).set(createTwiddles());
    new Uint32Array(memory.buffer, memoryAddresses.order, fftPoints).set(
      createBitReversedOrder(),
    );
    this.#output = viewNumbers(memoryAddresses.output.weights, cellCount);
    this.#bias = viewNumbers(memoryAddresses.output.bias, 1);
    this.#samples = viewNumbers(
      memoryAddresses.samples,
      contextSamples + windowSamples + contextSamples,
    );
    this.#context = this.#samples.subarray(
      windowSamples,
      windowSamples + contextSamples,
    );
    this.#outputs = viewNumbers(
      memoryAddresses.seen + cellCount * numberBytes,
      cellCount,
    );
    this.#cells = viewNumbers(memoryAddresses.cells, cellCount);
  }

  /** Returns the probability of a voice in 512 samples, and updates the state of their stream. */
  runWindow(stream: StreamState, window: Float32Array): number {
    this.#samples.set(stream.context);
    this.#samples.set(window, contextSamples);
    this.#mirrorSamples();
    this.#outputs.set(stream.outputs);
    this.#cells.set(stream.cells);
    this.#runLayers();
    stream.context.set(this.#context);
    stream.outputs.set(this.#outputs);
    stream.cells.set(this.#cells);
    return this.#computeProbability();
  }

  #mirrorSamples() {
    const samples = this.#samples;
    const end = contextSamples + windowSamples;
    for (let n = 0; n < contextSamples; n++)
      samples[end + n] = samples[end - 2 - n] ?? 0;
  }

  #runLayers() {
    const { hann, twiddles, order, work, spectra, samples, seen, gates } =
      memoryAddresses;
    this.#kernels.spectra(
      samples,
      hann,
      twiddles,
      order,
      work,
      getRowAddress(spectra, 1, spectrumBins),
    );
    this.#runEncoder();
    this.#multiplyLayer(memoryAddresses.memory, seen, -Infinity, gates);
    this.#kernels.remember(
      gates,
      cellCount,
      memoryAddresses.cells,
      getRowAddress(seen, 1, cellCount),
    );
  }

  /** Runs the four convolutions, each on all time steps of its input. */
  #runEncoder() {
    const {
      encoder,
      spectra,
      first: firstLayer,
      second,
      third,
      seen,
    } = memoryAddresses;
    const [a, b, c, d] = encoder;
    for (let step = 0; step < 4; step++) {
      const input = getRowAddress(spectra, step, spectrumBins);
      this.#multiplyLayer(a, input, 0, getRowAddress(firstLayer, step + 1, 128));
    }
    for (let step = 0; step < 2; step++) {
      const input = getRowAddress(firstLayer, 2 * step, 128);
      this.#multiplyLayer(b, input, 0, getRowAddress(second, step, 64));
    }
    this.#multiplyLayer(c, second, 0, third);
    this.#multiplyLayer(d, third, 0, seen);
  }

  #multiplyLayer(layer: Layer, input: number, minOutput: number, out: number) {
    const { weights, bias, rows, width } = layer;
    this.#kernels.multiply(
      weights,
      bias,
      rows,
      input,
      width,
      minOutput,
      memoryAddresses.list,
      out,
    );
  }

  #computeProbability() {
    let sum = this.#bias[0] ?? 0;
    for (let n = 0; n < cellCount; n++) {
      sum += Math.max(0, this.#outputs[n] ?? 0) * (this.#output[n] ?? 0);
    }
    return 1 / (1 + Math.exp(-sum));
  }
}

/** Address of a row of numbers in the memory of the kernels. */
function getRowAddress(from: number, row: number, width: number) {
  return from + row * width * numberBytes;
}

/** Memory of the network for one stream, which begins with zeros. */
type StreamState = {
  readonly context: Float32Array;
  readonly outputs: Float32Array;
  readonly cells: Float32Array;
};

/** Reads the weights of Silero VAD v5 for 16 kHz (MIT, LICENSE.silero.txt) and the kernels beside this file. */
export async function loadSilero(): Promise<SileroNetwork> {
  const readBeside = (name: string) => readFile(new URL(name, import.meta.url));
  const files = [
    readBeside('./silero-v5-16k.bin'),
    readBeside('./silero-kernels.wasm'),
  ] as const;
  const [bytes, wasm] = await Promise.all(files);
  return new SileroNetwork(wasm, bytes);
}

function createTwiddles() {
  const toAngle = (n: number) => (Math.PI * n) / fftPoints;
  return Float32Array.from({ length: 2 * spectrumBins }, (_, n) =>
    n < spectrumBins ? Math.cos(toAngle(n)) : Math.sin(toAngle(n - spectrumBins)),
  );
}

function createBitReversedOrder() {
  return Uint32Array.from({ length: fftPoints }, (_, n) => {
    let reversed = 0;
    for (let bit = 1; bit < fftPoints; bit *= 2)
      reversed = 2 * reversed + (n & bit ? 1 : 0);
    return reversed * vectorBytes;
  });
}
