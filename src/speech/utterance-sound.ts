import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { quietest } from './listenable.ts';

/** Longer than any utterance the session lets grow. */
const longestSamples = 120 * listenRateHz;
const firstSamples = 4 * listenRateHz;

/** One utterance as it grows, at 16 kHz mono; what comes after its first two minutes is dropped. */
export class UtteranceSound {
  #samples = new Int16Array(firstSamples);
  #length = 0;

  push(samples: Int16Array): void {
    const kept = samples.subarray(0, longestSamples - this.#length);
    const end = this.#length + kept.length;
    if (end > this.#samples.length) {
      const roomier = new Int16Array(Math.max(end, 2 * this.#samples.length));
      roomier.set(this.#samples);
      this.#samples = roomier;
    }
    this.#samples.set(kept, this.#length);
    this.#length = end;
  }

  get length(): number {
    return this.#length;
  }

  get ms(): number {
    return (this.#length / listenRateHz) * 1000;
  }

  /** Whether nothing but silence came after the first `length` samples. */
  isSilentFrom(length: number): boolean {
    return this.since(length).every((sample) => Math.abs(sample) <= quietest);
  }

  /** A view, good until the next push. */
  since(length: number): Int16Array {
    return this.#samples.subarray(length, this.#length);
  }

  /** A copy of everything. */
  whole(): Pcm {
    const samples = this.#samples.slice(0, this.#length);
    return { samples, rateHz: listenRateHz, channels: 1 };
  }
}
