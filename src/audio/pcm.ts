export type Pcm = {
  readonly samples: Int16Array;
  readonly rateHz: number;
  readonly channels: 1 | 2;
};

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

export function toStereo(one: Int16Array): Int16Array {
  const both = new Int16Array(2 * one.length);
  for (let n = 0; n < one.length; n++) {
    both[2 * n] = one[n] ?? 0;
    both[2 * n + 1] = one[n] ?? 0;
  }
  return both;
}

export function joinSamples(pieces: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Measures the root mean square: 0 is digital silence, 1 is full scale. */
export function measureRms(
  samples: Int16Array | Float32Array,
  fullScale = 32_768,
): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
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

/** Samples that grow in place, since joining them anew would copy seconds of sound for each piece. */
export function createSampleBuffer() {
  let held = new Int16Array(0);
  let heldFrom = 0;
  let heldTo = 0;

  function countHeld() {
    return heldTo - heldFrom;
  }

  function makeRoom(length: number, keptFrom: number) {
    const past = Math.max(0, keptFrom - heldFrom);
    const kept = held.subarray(past, countHeld());
    held = new Int16Array(2 * (kept.length + length));
    held.set(kept);
    heldFrom += past;
  }

  return {
    get from(): number {
      return heldFrom;
    },

    get to(): number {
      return heldTo;
    },

    push(samples: Int16Array, keptFrom: number) {
      const end = countHeld() + samples.length;
      if (end > held.length) makeRoom(samples.length, keptFrom);
      held.set(samples, countHeld());
      heldTo += samples.length;
    },

    /** Returns at most `length` samples from `place` on. The view is valid until the next push. */
    view(place: number, length: number): Int16Array {
      const from = place - heldFrom;
      return held.subarray(from, Math.min(from + length, countHeld()));
    },

    truncate(place: number) {
      heldTo = place;
    },
  };
}
