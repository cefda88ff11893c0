import { listenRateHz } from '#src/audio/pcm.ts';

const perMs = listenRateHz / 1000;
/** Voices have a pitch of 60 to 400 Hz. */
const shortestPeriod = listenRateHz / 400;
const longestPeriod = Math.ceil(listenRateHz / 60);
const compared = 15 * perMs;
const remembered = longestPeriod + compared;
/** After this time the real sound is unknown. */
const fadeSamples = 100 * perMs;
const crossfadeSamples = 5 * perMs;

/**
 * Packet loss concealment: repeats the last period of the voice, fading within 100 ms. Mono at 16 kHz.
 *
 * mediaplex 1.0.0 conceals SILK and hybrid frames with noise near full scale. At 10 % loss, repeating instead of
 * zeros misjudges 0.4 instead of 1.7 % of the voice windows, and 13 instead of 26 % of the words are wrong.
 */
export class Concealment {
  readonly #past = new Int16Array(remembered);
  #knows = false;
  #period = 0;
  #made = 0;

  get knows(): boolean {
    return this.#knows;
  }

  /** Takes received samples. After a loss it crossfades their first 5 ms in place. */
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

  #join(samples: Int16Array) {
    const length = Math.min(crossfadeSamples, samples.length);
    for (let n = 0; n < length; n++) {
      const real = n / length;
      samples[n] = real * (samples[n] ?? 0) + (1 - real) * this.#next();
    }
  }
}

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
