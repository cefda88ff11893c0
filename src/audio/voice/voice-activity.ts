import { listenRateHz, toDb } from '#src/audio/pcm.ts';
import {
  cellCount,
  contextSamples,
  type SileroNetwork,
  type StreamState,
  windowSamples,
} from './silero-network.ts';
import type { SpeakerSound } from './speaker-stream.ts';

/**
 * Voice activity detection by Silero VAD v5: the probability of speech for each 32 ms of one stream.
 *
 * The result equals that of onnxruntime within 1e-4 (`test/fixtures/silero-reference.json`). All streams share one
 * WebAssembly instance.
 *
 * @example
 * import { loadSilero, windowSamples } from '#src/audio/voice/silero-network.ts';
 * import { VoiceActivityDetector } from '#src/audio/voice/voice-activity.ts';
 *
 * const detector = new VoiceActivityDetector(await loadSilero());
 * detector.measureProbability(new Float32Array(windowSamples)) < 0.1; // true
 */
export class VoiceActivityDetector {
  readonly #network;
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

  reset() {
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
  /** 512 samples at 16 kHz, each -1 to 1. */
  readonly samples: Float32Array;
};

const noWindows: readonly VoiceWindow[] = [];
/** After a longer gap the earlier sound is no context. */
const maxContextGapMs = 300;

/** Cuts one stream into windows and measures each. Less than one window is held back. */
export class VoiceWindowMeter {
  readonly #activity;
  #window = new Float32Array(windowSamples);
  #filled = 0;
  #power = 0;

  constructor(activity: VoiceActivityDetector) {
    this.#activity = activity;
  }

  measureSound(heard: SpeakerSound): readonly VoiceWindow[] {
    if (heard.kind === 'gap' && heard.lengthMs > maxContextGapMs) this.reset();
    return this.push(heard.samples, heard.atMs);
  }

  /** Adds samples, the last at `atMs`, and returns the windows that they complete. */
  push(samples: Int16Array, atMs: number): readonly VoiceWindow[] {
    if (this.#filled + samples.length < windowSamples) {
      this.#fillWindow(samples, 0, samples.length);
      return noWindows;
    }
    const windows: VoiceWindow[] = [];
    let from = 0;
    while (this.#filled + samples.length - from >= windowSamples) {
      const to = from + windowSamples - this.#filled;
      this.#fillWindow(samples, from, to);
      const behindMs = ((samples.length - to) * 1000) / listenRateHz;
      windows.push(this.#endWindow(atMs - behindMs));
      from = to;
    }
    this.#fillWindow(samples, from, samples.length);
    return windows;
  }

  reset() {
    this.#activity.reset();
    this.#filled = 0;
    this.#power = 0;
  }

  #fillWindow(samples: Int16Array, from: number, to: number) {
    for (let n = from; n < to; n++) {
      const sample = (samples[n] ?? 0) / 32_768;
      this.#window[this.#filled++] = sample;
      this.#power += sample * sample;
    }
  }

  #endWindow(atMs: number) {
    const levelDb = toDb(Math.sqrt(this.#power / windowSamples));
    const samples = this.#window;
    const probability = this.#activity.measureProbability(samples);
    this.#window = new Float32Array(windowSamples);
    this.#filled = 0;
    this.#power = 0;
    return { probability, levelDb, atMs, samples };
  }
}
