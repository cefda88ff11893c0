import { seededRandom } from '#sandbox/seeded-random.ts';

/** Noise level of quiet rooms; root mean square. */
const noiseDb = -55;
/** Rooms hum more than they hiss: each sample keeps this much of the one before. */
const colour = 0.9;

/** Microphone noise of an empty room; the same for the same seed. */
export class RoomNoise {
  readonly #random: () => number;
  readonly #amplitude = 32_768 * 10 ** (noiseDb / 20) * Math.sqrt(3 * (1 - colour ** 2));
  #last = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  addTo(samples: Int16Array): void {
    for (let n = 0; n < samples.length; n++) {
      this.#last = colour * this.#last + (2 * this.#random() - 1) * this.#amplitude;
      samples[n] = clamped((samples[n] ?? 0) + this.#last);
    }
  }
}

export function add(samples: Int16Array, other: Int16Array): void {
  for (let n = 0; n < samples.length; n++) {
    samples[n] = clamped((samples[n] ?? 0) + (other[n] ?? 0));
  }
}

function clamped(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(sample)));
}
