import { loudnessDb } from '#src/audio/loudness.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import type { SpeakerSound } from './speaker-stream.ts';
import { type VoiceActivity, windowSamples } from './voice-activity.ts';

/** How likely somebody spoke in the 32 ms before `atMs`, and how loud it was, 0 being full scale and -100 silence. */
export type VoiceWindow = {
  readonly probability: number;
  readonly levelDb: number;
  readonly atMs: number;
  /** What jitter has added to `atMs`. */
  readonly lagMs?: number;
  /** 512 at 16 kHz, each -1..1; nobody writes to them later. */
  readonly samples: Float32Array;
};

/** Gap in ms after which earlier sound is no context for the next. */
const forgetMs = 300;

/** Chops one person's 16 kHz stream into windows and measures each. Holds less than one window back. */
export class VoiceMeter {
  readonly #activity: VoiceActivity;
  readonly #window = new Float32Array(windowSamples);
  #filled = 0;
  /** Sum of the squares so far. */
  #power = 0;

  constructor(activity: VoiceActivity) {
    this.#activity = activity;
  }

  /** As `push`; a gap of more than 300 ms ends the context first. */
  hear(heard: SpeakerSound): VoiceWindow[] {
    if (heard.kind === 'gap' && heard.lengthMs > forgetMs) this.reset();
    return this.push(heard.samples, heard.atMs, heard.kind === 'gap' ? 0 : heard.lagMs);
  }

  /** `atMs` is the instant of the last of `samples`. */
  push(samples: Int16Array, atMs: number, lagMs = 0): VoiceWindow[] {
    const windows: VoiceWindow[] = [];
    for (let n = 0; n < samples.length; n++) {
      const sample = (samples[n] ?? 0) / 32_768;
      this.#window[this.#filled++] = sample;
      this.#power += sample * sample;
      if (this.#filled < windowSamples) continue;
      const behindMs = ((samples.length - 1 - n) * 1000) / listenRateHz;
      windows.push({ ...this.#measure(atMs - behindMs), ...(lagMs > 0 && { lagMs }) });
    }
    return windows;
  }

  /** Forgets the stream, as after a long gap. */
  reset(): void {
    this.#activity.reset();
    this.#filled = 0;
    this.#power = 0;
  }

  #measure(atMs: number): VoiceWindow {
    const levelDb = loudnessDb(Math.sqrt(this.#power / windowSamples));
    this.#filled = 0;
    this.#power = 0;
    const samples = this.#window.slice();
    return { probability: this.#activity.probability(samples), levelDb, atMs, samples };
  }
}
