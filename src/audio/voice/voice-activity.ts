import { listenRateHz, measureRms, toDb } from '#src/audio/pcm.ts';
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
