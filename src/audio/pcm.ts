export type Pcm = {
  readonly samples: Int16Array;
  readonly rateHz: number;
  readonly channels: 1 | 2;
  /** Loudness of the voice that made the sound, where a channel levels it. Absent: the sound is as loud as it has to be. */
  readonly loudness?: VoiceLoudness;
};

/** The known loudness of a voice, which each of its texts makes surer. */
export interface VoiceLoudness {
  /** Begins a text, whose sound is levelled piece by piece. */
  openText(): LevelledSound;
}

/** The sound of one text on its way. */
export interface LevelledSound {
  /** Levels the next sound of the text. Returns a mono copy of the same length, which is not to be levelled again. */
  levelSound(pcm: Pcm): Pcm;
}

/** A piece of one person's sound, with the Opus packet that it was decoded from. A gap has none. */
export type SoundPiece = {
  readonly samples: Int16Array;
  readonly opus?: Uint8Array;
};

/** Rate of recognisers and voice activity detection. */
export const listenRateHz = 16_000;
/** Rate of the mixer and the Opus encoder. */
export const speakRateHz = 24_000;
/** Rate of named tracks, which are stereo. */
export const musicRateHz = 48_000;
/** Samples of one channel in 1 ms, at 48 kHz. */
export const musicPerMs: number = musicRateHz / 1000;
/** Samples of one channel in 20 ms, at 48 kHz. */
export const musicFrame: number = 20 * musicPerMs;

export function getDurationMs({ samples, rateHz, channels }: Pcm): number {
  return (samples.length / channels / rateHz) * 1000;
}

export function toMono(pcm: Pcm): Pcm {
  const { channels, rateHz, samples } = pcm;
  if (channels === 1) return pcm;
  return { samples: mixDown(samples, channels), rateHz, channels: 1 };
}

export function mixDown(samples: Int16Array, channels: number): Int16Array {
  const mono = new Int16Array(samples.length / channels);
  for (let n = 0; n < mono.length; n++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += samples[n * channels + c] ?? 0;
    mono[n] = sum / channels;
  }
  return mono;
}

export function toStereo(mono: Int16Array): Int16Array {
  const stereo = new Int16Array(2 * mono.length);
  for (let n = 0; n < mono.length; n++) {
    stereo[2 * n] = mono[n] ?? 0;
    stereo[2 * n + 1] = mono[n] ?? 0;
  }
  return stereo;
}

export function joinSamples(pieces: readonly Int16Array[]): Int16Array {
  const joined = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Measures the root mean square: 0 is digital silence, 1 is full scale. */
export function measureRms(
  samples: Int16Array | Float32Array,
  fullScale = 32_768,
): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  // An iterator would make an object a sample.
  for (let n = 0; n < samples.length; n++) sum += (samples[n] ?? 0) ** 2;
  return Math.sqrt(sum / samples.length) / fullScale;
}

/** Measures the level in dB below full scale, -100 for silence. */
export function measureLevelDb(samples: Int16Array): number {
  return toDb(measureRms(samples));
}

/** Converts a root mean square (0 to 1) to dB. */
export function toDb(level: number): number {
  return Math.max(-100, 20 * Math.log10(level));
}

/**
 * Samples that grow in place, since joining them anew would copy seconds of sound for each piece.
 *
 * A position counts all samples since the first push, also those that the buffer has dropped.
 */
export class SampleBuffer {
  #samples = new Int16Array(0);
  #from = 0;
  #to = 0;

  /** Position of the oldest sample that the buffer still holds. */
  get from(): number {
    return this.#from;
  }

  /** Position after the newest sample. */
  get to(): number {
    return this.#to;
  }

  /** Adds samples. Without room for them, samples before the position `keptFrom` are dropped. */
  push(samples: Int16Array, keptFrom: number): void {
    const end = this.#to - this.#from + samples.length;
    if (end > this.#samples.length) this.#makeRoom(samples.length, keptFrom);
    this.#samples.set(samples, this.#to - this.#from);
    this.#to += samples.length;
  }

  /** Returns at most `length` samples from `position` on. The view is valid until the next push. */
  viewSamples(position: number, length: number): Int16Array {
    const start = position - this.#from;
    const end = Math.min(start + length, this.#to - this.#from);
    return this.#samples.subarray(start, end);
  }

  /** Drops all samples from `position` on. The next push continues there. */
  dropFrom(position: number): void {
    this.#to = position;
  }

  #makeRoom(length: number, keptFrom: number) {
    const dropped = Math.max(0, keptFrom - this.#from);
    const remaining = this.#samples.subarray(dropped, this.#to - this.#from);
    this.#samples = new Int16Array(2 * (remaining.length + length));
    this.#samples.set(remaining);
    this.#from += dropped;
  }
}
