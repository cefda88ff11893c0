import type { SileroWeights, StreamState } from './silero.ts';
import { cellCount, contextSamples, windowSamples } from './silero-layers.ts';

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
