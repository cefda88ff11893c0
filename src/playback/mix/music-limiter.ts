import { bend, full } from './gain.ts';
import { musicFrame, musicPerMs } from './stereo.ts';

/** Peaks stay below: -0.45 dB, so that Opus may overshoot a little. */
const ceiling = 0.95;
/** The gain is known at the border of each piece of 1 ms, and moves in a straight line between. */
const pieces = musicFrame / musicPerMs;
/** Largest change of gain per ms, as a factor: falling ahead of a peak, about 6 dB in 5 ms; rising after it, 3 dB in 100 ms. */
const attack = 1.15;
const release = 1.0035;

/**
 * Brings 20 ms of mixed music back into 16 bits: turns it down ahead of a peak and slowly up again.
 *
 * It looks ahead only within the frame, and so delays nothing; the excess of a peak at its very start is bent.
 */
export class MusicLimiter {
  readonly #gains = new Float64Array(pieces + 1).fill(1);

  limit(sum: Float32Array): Int16Array {
    const gains = this.#gains;
    gains[0] = gains[pieces] ?? 1;
    const isQuiet = this.#aim(sum);
    const samples = new Int16Array(sum.length);
    if (isQuiet && gains[0] === 1)
      for (let n = 0; n < sum.length; n++) samples[n] = Math.round(sum[n] ?? 0);
    else this.#apply(sum, samples);
    return samples;
  }

  /** Finds the gains; true where no piece is too loud. */
  #aim(sum: Float32Array): boolean {
    const gains = this.#gains;
    gains.fill(1, 1);
    for (let piece = 0; piece < pieces; piece++) {
      const most = Math.min(1, (ceiling * full) / peak(sum, piece));
      if (piece > 0) gains[piece] = Math.min(gains[piece] ?? 1, most);
      gains[piece + 1] = most;
    }
    for (let at = pieces - 1; at > 0; at--) {
      gains[at] = Math.min(gains[at] ?? 1, (gains[at + 1] ?? 1) * attack);
    }
    for (let at = 1; at <= pieces; at++) {
      gains[at] = Math.min(gains[at] ?? 1, (gains[at - 1] ?? 1) * release);
    }
    return gains.every((gain) => gain === 1);
  }

  #apply(sum: Float32Array, samples: Int16Array): void {
    for (let n = 0; n < sum.length; n++) {
      const at = (n >> 1) / musicPerMs;
      const piece = Math.floor(at);
      const from = this.#gains[piece] ?? 1;
      const gain = from + ((this.#gains[piece + 1] ?? 1) - from) * (at - piece);
      samples[n] = Math.round(bend(((sum[n] ?? 0) * gain) / full, ceiling) * full);
    }
  }
}

/** The largest sample of 1 ms; 1 at least. */
function peak(sum: Float32Array, piece: number): number {
  let most = 1;
  const end = (piece + 1) * 2 * musicPerMs;
  for (let n = piece * 2 * musicPerMs; n < end; n++) most = Math.max(most, Math.abs(sum[n] ?? 0));
  return most;
}
