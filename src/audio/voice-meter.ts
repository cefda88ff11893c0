import { listenRateHz } from './pcm.ts';
import { type VoiceActivity, windowSamples } from './voice-activity.ts';

/** How likely somebody spoke in the 32 ms before `atMs`. */
export type VoiceWindow = { readonly probability: number; readonly atMs: number };

/** Chops one person's 16 kHz stream into windows and measures each. Holds less than one window back. */
export class VoiceMeter {
  readonly #activity: VoiceActivity;
  readonly #window = new Float32Array(windowSamples);
  #filled = 0;

  constructor(activity: VoiceActivity) {
    this.#activity = activity;
  }

  /** `atMs` is the instant of the last of `samples`. */
  push(samples: Int16Array, atMs: number): VoiceWindow[] {
    const windows: VoiceWindow[] = [];
    samples.forEach((sample, n) => {
      this.#window[this.#filled++] = sample / 32_768;
      if (this.#filled < windowSamples) return;
      this.#filled = 0;
      const behindMs = ((samples.length - 1 - n) * 1000) / listenRateHz;
      const probability = this.#activity.probability(this.#window);
      windows.push({ probability, atMs: atMs - behindMs });
    });
    return windows;
  }

  /** Forgets the stream, as after a long gap. */
  reset(): void {
    this.#activity.reset();
    this.#filled = 0;
  }
}
