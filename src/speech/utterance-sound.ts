import { durationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';

/** A pause so short is often none, and words that are cut in two there are understood worse. */
export const shortPauseMs = 100;

/** RMS level of -60 dBFS: speech is louder, and recognisers invent words below it. */
const quietest = 33;
/** Shortest word, in ms. */
const shortestMs = 100;

/** Whether `pcm` should go to a recogniser at all; silence would come back as invented words. */
export function isListenable(pcm: Pcm): boolean {
  if (pcm.rateHz !== listenRateHz || pcm.channels !== 1) {
    throw new RangeError('An utterance must be 16 kHz mono.');
  }
  return durationMs(pcm) >= shortestMs && pcm.samples.some((sample) => Math.abs(sample) > quietest);
}

/** Limit of samples, above the session's limit for utterances. */
const longestSamples = 70 * listenRateHz;
const firstSamples = 4 * listenRateHz;
const windowSamples = 0.02 * listenRateHz;
/** -45 dBFS as root mean square: room noise, unless the whole utterance is that quiet. */
const loudestNoise = 184;
/** Any word is louder than the loudest one less 26 dB. */
const voiceRange = 20;
/** Silence kept before the first word, whose beginning may be soft, and after the last one. */
const leadSamples = 0.15 * listenRateHz;
const tailSamples = 0.2 * listenRateHz;

/** One utterance as it grows, at 16 kHz mono; sound after its first 70 s is dropped. */
export class UtteranceSound {
  #samples = new Int16Array(firstSamples);
  #length = 0;
  #loudest = 0;

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
    for (const level of levels(kept)) this.#loudest = Math.max(this.#loudest, level);
  }

  /** Frees the sound: copies stay with their owners, and nothing may be pushed any more. */
  drop(): void {
    this.#samples = new Int16Array(0);
  }

  get length(): number {
    return this.#length;
  }

  /** Whether only silence or room noise came after the first `length` samples. */
  isSilentFrom(length: number): boolean {
    const noise = this.#noise();
    return levels(this.between(length, this.#length)).every((level) => level <= noise);
  }

  /** A view, good until the next push. */
  between(from: number, to: number): Int16Array {
    return this.#samples.subarray(from, Math.min(to, this.#length));
  }

  /** A copy of everything. */
  whole(): Pcm {
    return this.#copy(0, this.#length);
  }

  /** A copy without long silence, or room noise, before and after the words; nothing where there are none. */
  spoken(): Pcm {
    const noise = this.#noise();
    let [first, last, at] = [this.#length, 0, 0];
    for (const level of levels(this.between(0, this.#length))) {
      at += windowSamples;
      if (level <= noise) continue;
      first = Math.min(first, at - windowSamples);
      last = at;
    }
    const from = Math.max(0, first - leadSamples);
    const to = Math.min(this.#length, last + tailSamples);
    return this.#copy(from, to);
  }

  #copy(from: number, to: number): Pcm {
    return { samples: this.#samples.slice(from, to), rateHz: listenRateHz, channels: 1 };
  }

  #noise(): number {
    return Math.max(quietest, Math.min(loudestNoise, this.#loudest / voiceRange));
  }
}

/** Root mean squares of stretches of 20 ms. */
function* levels(samples: Int16Array): Generator<number> {
  for (let at = 0; at < samples.length; at += windowSamples) {
    const end = Math.min(at + windowSamples, samples.length);
    let sum = 0;
    for (let n = at; n < end; n++) sum += (samples[n] ?? 0) ** 2;
    yield Math.sqrt(sum / (end - at));
  }
}
