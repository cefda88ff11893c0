import { bandCount } from './echo-bands.ts';

/** Before anything was heard; quiet rooms are about so loud in each band. */
const startDb = -72;
/** Rooms without a sound, and what noise suppression leaves. */
const leastDb = -80;
/** One measurement jumps about; the mean of some does not. */
const share = 0.15;
/** Decibels per measurement of 16 ms that noise grows at most: 2 dB a second. */
const riseDb = 0.03;

/** How loud one microphone's room is in each band when nobody speaks. */
export class RoomFloor {
  readonly levels = new Float32Array(bandCount).fill(startDb);
  readonly #mean = new Float32Array(bandCount).fill(startDb);
  readonly #above = new Float32Array(bandCount);

  /** A measurement of 16 ms, voice or not. */
  add(levels: Float32Array): void {
    for (let band = 0; band < bandCount; band++) {
      const level = Math.max(leastDb, levels[band] ?? leastDb);
      const mean = (this.#mean[band] ?? 0) + share * (level - (this.#mean[band] ?? 0));
      this.#mean[band] = mean;
      this.levels[band] = Math.min(mean, (this.levels[band] ?? 0) + riseDb);
    }
  }

  /** What noise hides, as loud as the noise. Valid until the next call. */
  above(levels: Float32Array): Float32Array {
    for (let band = 0; band < bandCount; band++) {
      this.#above[band] = Math.max(levels[band] ?? leastDb, this.levels[band] ?? leastDb);
    }
    return this.#above;
  }
}
