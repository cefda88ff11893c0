import { getDurationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';

/** A shorter pause is often none, and cut words are understood worse. */
export const shortPauseMs = 100;

/** RMS of -60 dBFS. Speech is louder, and recognisers invent words below. */
const minAudibleSample = 33;
/** Shortest word. */
const minUtteranceMs = 100;

/** False for silence, which a recogniser would turn into invented words. */
export function isListenable(pcm: Pcm): boolean {
  if (pcm.rateHz !== listenRateHz || pcm.channels !== 1) {
    throw new RangeError('An utterance must be 16 kHz mono.');
  }
  return (
    getDurationMs(pcm) >= minUtteranceMs &&
    pcm.samples.some((sample) => Math.abs(sample) > minAudibleSample)
  );
}

/** Above the longest utterance of a session. */
const maxUtteranceSamples = 70 * listenRateHz;
const initialSamples = 4 * listenRateHz;
const windowSamples = 0.02 * listenRateHz;
/** RMS of -45 dBFS: room noise, unless the whole utterance is as quiet. */
const maxNoiseLevel = 184;
/** Any word is at most 26 dB quieter than the loudest one. */
const voiceLevelRatio = 20;
/** Silence kept before and after the words, which may begin softly. */
const leadSamples = 0.15 * listenRateHz;
const tailSamples = 0.2 * listenRateHz;

/** One utterance as it grows, 16 kHz mono. Sound after 70 s is dropped. */
export class UtteranceSound {
  #samples = new Int16Array(initialSamples);
  #length = 0;
  #loudest = 0;

  push(samples: Int16Array) {
    const kept = samples.subarray(0, maxUtteranceSamples - this.#length);
    const end = this.#length + kept.length;
    if (end > this.#samples.length) {
      const roomier = new Int16Array(Math.max(end, 2 * this.#samples.length));
      roomier.set(this.#samples);
      this.#samples = roomier;
    }
    this.#samples.set(kept, this.#length);
    this.#length = end;
    for (const level of measureLevels(kept))
      this.#loudest = Math.max(this.#loudest, level);
  }

  /** Frees the sound. Nothing may be pushed afterwards. */
  drop() {
    this.#samples = new Int16Array(0);
  }

  get length(): number {
    return this.#length;
  }

  /** True if only silence or room noise follows. */
  endsSilently(length: number): boolean {
    const noise = this.#getNoiseLevel();
    return measureLevels(this.view(length, this.#length)).every(
      (level) => level <= noise,
    );
  }

  /** Valid until the next push. */
  view(from: number, to: number): Int16Array {
    return this.#samples.subarray(from, Math.min(to, this.#length));
  }

  copyAll(): Pcm {
    return this.#copy(0, this.#length);
  }

  /** Copies the sound without long silence before and after the words. */
  copySpoken(): Pcm {
    const noise = this.#getNoiseLevel();
    let [first, last, at] = [this.#length, 0, 0];
    for (const level of measureLevels(this.view(0, this.#length))) {
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
    return {
      samples: this.#samples.slice(from, to),
      rateHz: listenRateHz,
      channels: 1,
    };
  }

  #getNoiseLevel() {
    return Math.max(
      minAudibleSample,
      Math.min(maxNoiseLevel, this.#loudest / voiceLevelRatio),
    );
  }
}

/** RMS of each 20 ms. */
function* measureLevels(samples: Int16Array): Generator<number> {
  for (let at = 0; at < samples.length; at += windowSamples) {
    const end = Math.min(at + windowSamples, samples.length);
    let sum = 0;
    for (let n = at; n < end; n++) sum += (samples[n] ?? 0) ** 2;
    yield Math.sqrt(sum / (end - at));
  }
}
