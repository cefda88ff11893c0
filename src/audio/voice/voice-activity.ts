import type { SileroWeights } from './silero.ts';
import { windowSamples } from './silero-layers.ts';
import { PlainSilero } from './silero-plain.ts';
import { SimdStream } from './silero-simd.ts';

/** Probability of speech, per 32 ms of one person's stream (Silero VAD v5). Remembers the stream; has no clock. */
export class VoiceActivity {
  readonly #silero: PlainSilero | SimdStream;

  /** The state of a stream lies outside of the shared weights, so nothing has to be freed. */
  constructor(weights: SileroWeights) {
    this.#silero =
      weights.kind === 'simd' ? new SimdStream(weights.simd) : new PlainSilero(weights.layers);
  }

  /** 0..1 for the next 512 samples, each -1..1. */
  probability(window: Float32Array): number {
    if (window.length !== windowSamples)
      throw new Error(`A window holds ${windowSamples} samples.`);
    return this.#silero.probability(window);
  }

  /** Forgets the stream, as after a long gap. */
  reset(): void {
    this.#silero.reset();
  }
}
