import type { Pcm } from './pcm.ts';

/** Zero crossings of the kernel on each side: stop band below -70 dB from 8 % under the lower Nyquist rate. */
const crossings = 24;
const passBand = 0.92;
/** Enough for all usual rates; a rate without a common divisor takes the nearest of these phases. */
const phaseLimit = 512;
/** Longest table of a filter, in taps: 1 MiB. Only odd rates far above 48 kHz get fewer phases for it. */
const tableTaps = 128 * 1024;

/**
 * Changes the rate of one mono stream, in pieces of any length; where it is cut does not change the sound.
 *
 * Holds back `crossings` samples of the lower rate (1.5 ms at 16 kHz) until `flush`. In all, `n` samples give
 * ceil(n * toHz / fromHz).
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #half: number;
  readonly #phases: number;
  readonly #kernel: Float64Array;
  /** Input not done with; the next output lies `#phase / #up` behind `#input[#at]`. */
  #input: Float64Array;
  #at: number;
  #phase = 0;

  constructor(fromHz: number, toHz: number) {
    const { up, down, half, phases, taps } = changeOfRate(fromHz, toHz);
    this.#up = up;
    this.#down = down;
    this.#half = half;
    this.#phases = phases;
    this.#kernel = taps;
    this.#input = new Float64Array(this.#half);
    this.#at = this.#half;
  }

  push(samples: Int16Array): Int16Array {
    if (this.#up === this.#down) return samples;
    const joined = new Float64Array(this.#input.length + samples.length);
    joined.set(this.#input);
    joined.set(samples, this.#input.length);
    const out = this.#until(joined, joined.length - this.#half);
    const done = this.#at - this.#half;
    this.#input = joined.subarray(done);
    this.#at -= done;
    return out;
  }

  /** What was held back; afterwards a new stream may begin. */
  flush(): Int16Array {
    if (this.#up === this.#down) return new Int16Array(0);
    const end = this.#input.length;
    const joined = new Float64Array(end + this.#half);
    joined.set(this.#input);
    const out = this.#until(joined, end);
    this.#input = new Float64Array(this.#half);
    this.#at = this.#half;
    this.#phase = 0;
    return out;
  }

  /** Every output that lies before `end`. */
  #until(input: Float64Array, end: number): Int16Array {
    const stepsLeft = (end - this.#at) * this.#up - this.#phase;
    const out = new Int16Array(Math.max(0, Math.ceil(stepsLeft / this.#down)));
    for (let n = 0; n < out.length; n++) {
      out[n] = this.#sample(input);
      this.#phase += this.#down;
      this.#at += Math.floor(this.#phase / this.#up);
      this.#phase %= this.#up;
    }
    return out;
  }

  #sample(input: Float64Array): number {
    const taps = 2 * this.#half;
    const row = Math.floor((this.#phase * this.#phases) / this.#up) * taps;
    const from = this.#at - this.#half + 1;
    let sum = 0;
    for (let n = 0; n < taps; n++) sum += (this.#kernel[row + n] ?? 0) * (input[from + n] ?? 0);
    return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
}

/** A whole sound at another rate, channels kept. */
export function resample(pcm: Pcm, toHz: number): Pcm {
  if (pcm.rateHz === toHz) return pcm;
  const { channels } = pcm;
  const frames = pcm.samples.length / channels;
  const samples = new Int16Array(Math.ceil((frames * toHz) / pcm.rateHz) * channels);
  for (let channel = 0; channel < channels; channel++) {
    const resampler = new Resampler(pcm.rateHz, toHz);
    const one = pcm.samples.filter((_, n) => n % channels === channel);
    const head = resampler.push(one);
    head.forEach((sample, n) => {
      samples[n * channels + channel] = sample;
    });
    resampler.flush().forEach((sample, n) => {
      samples[(head.length + n) * channels + channel] = sample;
    });
  }
  return { samples, rateHz: toHz, channels };
}

/** What it takes to make `up` samples of every `down`: a filter of twice `half` taps in each of `phases` places. */
export type ChangeOfRate = {
  readonly up: number;
  readonly down: number;
  readonly half: number;
  readonly phases: number;
  /** One row of taps per phase. */
  readonly taps: Float64Array;
};

/** Throws a plain Error where the rates lie so far apart that not even one phase fits into the table. */
export function changeOfRate(fromHz: number, toHz: number): ChangeOfRate {
  const common = divisor(fromHz, toHz);
  const [up, down] = [toHz / common, fromHz / common];
  const half = Math.ceil(crossings * Math.max(1, fromHz / toHz));
  const fitting = Math.floor(tableTaps / (2 * half));
  if (fitting < 1) throw new Error(`${fromHz} Hz cannot be turned into ${toHz} Hz.`);
  const phases = Math.min(up, phaseLimit, fitting);
  const taps = kernel(phases, half, passBand * Math.min(1, toHz / fromHz));
  return { up, down, half, phases, taps };
}

/** One row of taps per phase: a sinc of `cutoff` (1 is the input's Nyquist rate) under a Blackman window. */
function kernel(phases: number, half: number, cutoff: number): Float64Array {
  const taps = 2 * half;
  const table = new Float64Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const row = table.subarray(phase * taps, (phase + 1) * taps);
    for (let n = 0; n < taps; n++) {
      const x = n - half + 1 - phase / phases;
      const turn = (Math.PI * x) / half;
      const window = 0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn);
      row[n] = window * sinc(cutoff * x);
    }
    const sum = row.reduce((all, tap) => all + tap, 0);
    for (let n = 0; n < taps; n++) row[n] = (row[n] ?? 0) / sum;
  }
  return table;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
