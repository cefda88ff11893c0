import { listenRateHz } from '#src/audio/pcm.ts';

const perMs = listenRateHz / 1000;
/** Voices are 60 to 400 Hz high. */
const shortestPeriod = listenRateHz / 400;
const longestPeriod = Math.ceil(listenRateHz / 60);
/** Samples over which one period is compared. */
const compared = 15 * perMs;
const remembered = longestPeriod + compared;
/** Samples after which made-up sound has faded to nothing: the real sound is unknown then. */
const fadeSamples = 100 * perMs;
/** Samples over which sound after a loss is faded in, over the last of the made-up sound. */
const joinSamples = 5 * perMs;

/**
 * Fills lost sound with the last period of the voice, repeated, fading within 100 ms. 16 kHz mono.
 *
 * Not the library's own method: mediaplex 1.0.0 conceals SILK and hybrid with noise near full scale; where libopus does
 * it well (opusscript) this is as good for voice detection. With 10 % of the packets lost, against zeros: 0.4 instead of
 * 1.7 % of the voice windows misjudged, 13 instead of 26 % of the words wrong (measured 2026-11).
 */
export class Concealment {
  readonly #past = new Int16Array(remembered);
  #knows = false;
  #period = 0;
  /** Samples made up since the last real one. */
  #made = 0;

  /** Whether there is sound to continue; else it fills with zeros. */
  get knows(): boolean {
    return this.#knows;
  }

  /** Takes samples really received; the first 5 ms are changed in place where they follow a loss. */
  heard(samples: Int16Array): void {
    if (this.#made > 0) this.#join(samples);
    this.#made = 0;
    this.#knows = true;
    const past = this.#past;
    const kept = Math.min(samples.length, remembered);
    past.copyWithin(0, kept);
    past.set(samples.subarray(samples.length - kept), remembered - kept);
  }

  fill(length: number): Int16Array {
    if (this.#made === 0 && this.#knows) this.#period = periodOf(this.#past);
    const samples = new Int16Array(length);
    if (!this.#knows) return samples;
    for (let n = 0; n < length; n++) samples[n] = this.#next();
    return samples;
  }

  /** Forgets the stream, after a long silence: earlier sound does not predict later sound. */
  reset(): void {
    this.#past.fill(0);
    this.#knows = false;
    this.#made = 0;
  }

  #next(): number {
    const gain = Math.max(0, 1 - this.#made / fadeSamples);
    const at = remembered - this.#period + (this.#made++ % this.#period);
    return gain * (this.#past[at] ?? 0);
  }

  #join(samples: Int16Array): void {
    const length = Math.min(joinSamples, samples.length);
    for (let n = 0; n < length; n++) {
      const real = n / length;
      samples[n] = real * (samples[n] ?? 0) + (1 - real) * this.#next();
    }
  }
}

/** The shift under which the end of `past` is most like itself. */
function periodOf(past: Int16Array): number {
  let best = longestPeriod;
  let highest = 0;
  for (let period = shortestPeriod; period <= longestPeriod; period++) {
    const likeness = likenessAt(past, period);
    if (likeness <= highest) continue;
    highest = likeness;
    best = period;
  }
  return best;
}

function likenessAt(past: Int16Array, period: number): number {
  let product = 0;
  let power = 1;
  for (let n = past.length - compared; n < past.length; n++) {
    const earlier = past[n - period] ?? 0;
    product += earlier * (past[n] ?? 0);
    power += earlier * earlier;
  }
  return product / Math.sqrt(power);
}
