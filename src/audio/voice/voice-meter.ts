import { listenRateHz, loudnessDb } from '#src/audio/pcm.ts';
import {
  cellCount,
  contextSamples,
  type SileroWeights,
  type StreamState,
  windowSamples,
} from './silero.ts';
import type { SpeakerSound } from './speaker-stream.ts';

/**
 * Probability of speech, per 32 ms of one person's stream (Silero VAD v5). Remembers the stream; has no clock.
 *
 * Equal to onnxruntime within 1e-4 (test/fixtures/silero-reference.json). The 1.3 kB that it remembers are copied into the
 * shared instance and back: nothing has to be freed.
 */
export class VoiceActivity {
  readonly #weights: SileroWeights;
  readonly #state: StreamState = {
    context: new Float32Array(contextSamples),
    outputs: new Float32Array(cellCount),
    cells: new Float32Array(cellCount),
  };

  constructor(weights: SileroWeights) {
    this.#weights = weights;
  }

  /** 0..1 for the next 512 samples, each -1..1. Allocates nothing. */
  probability(window: Float32Array): number {
    if (window.length !== windowSamples)
      throw new Error(`A window holds ${windowSamples} samples.`);
    return this.#weights.probability(this.#state, window);
  }

  /** Forgets the stream, as after a long gap. */
  reset(): void {
    this.#state.context.fill(0);
    this.#state.outputs.fill(0);
    this.#state.cells.fill(0);
  }
}

/** Probability of speech in the 32 ms before `atMs`, and level in dB, 0 being full scale and -100 silence. */
export type VoiceWindow = {
  readonly probability: number;
  readonly levelDb: number;
  readonly atMs: number;
  /** Delay by jitter that is contained in `atMs`. */
  readonly lagMs?: number;
  /** 512 at 16 kHz, each -1..1; not written to later. */
  readonly samples: Float32Array;
};

const noWindows: readonly VoiceWindow[] = [];
/** Gap in ms after which earlier sound is no context for the next. */
const forgetMs = 300;

/** Windows remembered: more than come between a voice and its notice. */
const mostLags = 32;

/** Chops one person's 16 kHz stream into windows and measures each. Holds less than one window back. */
export class VoiceMeter {
  readonly #activity: VoiceActivity;
  /** Window that is being filled. */
  #window = new Float32Array(windowSamples);
  #filled = 0;
  /** Sum of the squares so far. */
  #power = 0;

  constructor(activity: VoiceActivity) {
    this.#activity = activity;
  }

  /** Measures a stream with gaps; a gap of more than 300 ms ends the context first. */
  hear(heard: SpeakerSound): readonly VoiceWindow[] {
    if (heard.kind === 'gap' && heard.lengthMs > forgetMs) this.reset();
    return this.push(heard.samples, heard.atMs, heard.kind === 'gap' ? 0 : heard.lagMs);
  }

  /** `atMs` is the instant of the last of `samples`. */
  push(samples: Int16Array, atMs: number, lagMs = 0): readonly VoiceWindow[] {
    if (this.#filled + samples.length < windowSamples) {
      this.#fill(samples, 0, samples.length);
      return noWindows;
    }
    const windows: VoiceWindow[] = [];
    let from = 0;
    while (this.#filled + samples.length - from >= windowSamples) {
      const to = from + windowSamples - this.#filled;
      this.#fill(samples, from, to);
      const behindMs = ((samples.length - to) * 1000) / listenRateHz;
      windows.push(this.#measure(atMs - behindMs, lagMs));
      from = to;
    }
    this.#fill(samples, from, samples.length);
    return windows;
  }

  /** Forgets the stream, as after a long gap. */
  reset(): void {
    this.#activity.reset();
    this.#filled = 0;
    this.#power = 0;
  }

  #fill(samples: Int16Array, from: number, to: number): void {
    for (let n = from; n < to; n++) {
      const sample = (samples[n] ?? 0) / 32_768;
      this.#window[this.#filled++] = sample;
      this.#power += sample * sample;
    }
  }

  /** The window is handed over, and a new one begun. */
  #measure(atMs: number, lagMs: number): VoiceWindow {
    const levelDb = loudnessDb(Math.sqrt(this.#power / windowSamples));
    const samples = this.#window;
    const probability = this.#activity.probability(samples);
    this.#window = new Float32Array(windowSamples);
    this.#filled = 0;
    this.#power = 0;
    if (lagMs > 0) return { probability, levelDb, atMs, lagMs, samples };
    return { probability, levelDb, atMs, samples };
  }
}

/** Delays by jitter of one person's latest windows of voice activity. */
export class WindowLags {
  readonly #windows: Required<Pick<VoiceWindow, 'atMs' | 'lagMs'>>[] = [];

  /** Lag in ms of the latest window; 0 before the first one. */
  get latestMs(): number {
    return this.#windows.at(-1)?.lagMs ?? 0;
  }

  /** `atMs` is when the window ended. */
  put(atMs: number, lagMs: number): void {
    this.#windows.push({ atMs, lagMs });
    if (this.#windows.length > mostLags) this.#windows.shift();
  }

  /** Lag in ms of the window that ended then: of a burst of packets, which has many, of the first of them. 0: of none. */
  atMs(endMs: number): number {
    return this.#windows.find(({ atMs }) => Math.abs(atMs - endMs) < 1)?.lagMs ?? 0;
  }
}
