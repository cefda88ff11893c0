import { bandCount } from './echo-bands.ts';
import type { SentEnvelope } from './echo-sent.ts';

/** Number of lags compared: 0 to 520 ms. */
const lagCount = 66;
/** Time constant of forgetting, in ms of voice: heard levels count by 1/e after it. */
const fadeMs = 800;
/** Interval between two measurements of the microphone, in ms. */
const stepMs = 16;
const fade = Math.exp(-stepMs / fadeMs);
/** Lowest sent level, in dB: the echo of quieter sound is below a room's noise. */
const sentFloorDb = -55;

export type Likeness = {
  /** Hops of 8 ms from leaving to coming back. */
  readonly lag: number;
  /** 0..1: correlation of the loudness over time, all bands together. */
  readonly likeness: number;
  /** The voice behind it, in measurements of 16 ms; the older ones count less. */
  readonly weight: number;
};

/** Finds the lag at which a person's microphone sounds most like the sent sound. */
export class LagFinder {
  readonly #sent: SentEnvelope;
  readonly #heard = new Float64Array(bandCount);
  #heardSquares = 0;
  /** Per lag and band. */
  readonly #levels = new Float64Array(lagCount * bandCount);
  /** Per lag, all bands together. */
  readonly #squares = new Float64Array(lagCount);
  readonly #products = new Float64Array(lagCount);
  #weight = 0;

  constructor(sent: SentEnvelope) {
    this.#sent = sent;
  }

  /** `levels` of the microphone in the 16 ms that ended at hop `hop`. */
  add(levels: Float32Array, hop: number): void {
    this.#weight = this.#weight * fade + 1;
    let squares = 0;
    for (let band = 0; band < bandCount; band++) {
      const level = levels[band] ?? 0;
      this.#heard[band] = (this.#heard[band] ?? 0) * fade + level;
      squares += level * level;
    }
    this.#heardSquares = this.#heardSquares * fade + squares;
    for (let lag = 0; lag < lagCount; lag++) this.#addAt(lag, levels, this.#sent.at(hop - lag));
  }

  best(): Likeness {
    let [lag, likeness] = [0, 0];
    for (let n = 0; n < lagCount; n++) {
      const now = this.likenessAt(n);
      if (now > likeness) [lag, likeness] = [n, now];
    }
    return { lag, likeness, weight: this.#weight };
  }

  reset(): void {
    this.#heard.fill(0);
    this.#levels.fill(0);
    this.#squares.fill(0);
    this.#products.fill(0);
    this.#heardSquares = 0;
    this.#weight = 0;
  }

  #addAt(lag: number, levels: Float32Array, sentAt: number): void {
    const sent = this.#sent.levels;
    const from = lag * bandCount;
    let [squares, products] = [0, 0];
    for (let band = 0; band < bandCount; band++) {
      const level = Math.max(sentFloorDb, sentAt < 0 ? sentFloorDb : (sent[sentAt + band] ?? 0));
      this.#levels[from + band] = (this.#levels[from + band] ?? 0) * fade + level;
      squares += level * level;
      products += level * (levels[band] ?? 0);
    }
    this.#squares[lag] = (this.#squares[lag] ?? 0) * fade + squares;
    this.#products[lag] = (this.#products[lag] ?? 0) * fade + products;
  }

  /** Likeness of the changes in each band; the overall loudness of a band does not count. */
  likenessAt(lag: number): number {
    let [common, sent, heard] = [0, 0, 0];
    for (let band = 0; band < bandCount; band++) {
      const a = this.#heard[band] ?? 0;
      const b = this.#levels[lag * bandCount + band] ?? 0;
      common += a * b;
      heard += a * a;
      sent += b * b;
    }
    const together = (this.#products[lag] ?? 0) - common / this.#weight;
    const alone = this.#heardSquares - heard / this.#weight;
    const theirs = (this.#squares[lag] ?? 0) - sent / this.#weight;
    const size = alone * theirs;
    return size > 1 ? together / Math.sqrt(size) : 0;
  }
}
