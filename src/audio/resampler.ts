import { readFileSync } from 'node:fs';
import { joinSamples, type Pcm, toMono, toStereo } from './pcm.ts';

/** Streams between the same rates share a filter, which is dropped with the last of them. */
const sharedFilters = new Map<string, WeakRef<PolyphaseFilter>>();

/**
 * Resamples one stream in pieces of any length, without an audible seam.
 *
 * The last 24 samples of the lower rate are held back until `flush`.
 *
 * @example
 * import { Resampler } from '#src/audio/resampler.ts';
 *
 * const resampler = new Resampler(48_000, 16_000);
 * const samples = resampler.push(new Int16Array(960)); // 20 ms
 * samples.length + resampler.flush().length; // 320
 */
export class Resampler {
  readonly #filter;
  readonly #channels;
  /** The next output lies `#phase / up` after frame `#at`. */
  #input: Int16Array;
  #length = 0;
  #at = 0;
  #phase = 0;

  constructor(fromHz: number, toHz: number, channels: 1 | 2 = 1) {
    this.#filter = getSharedFilter(fromHz, toHz);
    this.#channels = channels;
    this.#input = new Int16Array(4 * this.#filter.change.half * channels);
    this.#restartStream();
  }

  /** Adds interleaved samples and returns the output that they complete, at the new rate. */
  push(samples: Int16Array): Int16Array {
    const { up, down, half } = this.#filter.change;
    if (up === down) return samples;
    this.#appendSamples(samples);
    const out = this.#produceUntil(this.#length - half);
    this.#dropConsumed();
    return out;
  }

  /** Returns the samples held back. A new stream may begin afterwards. */
  flush(): Int16Array {
    const { up, down, half } = this.#filter.change;
    if (up === down) return new Int16Array(0);
    const end = this.#length;
    this.#appendSamples(new Int16Array(half * this.#channels));
    const out = this.#produceUntil(end);
    this.#restartStream();
    return out;
  }

  #restartStream() {
    const { half } = this.#filter.change;
    this.#input.fill(0, 0, half * this.#channels);
    this.#length = half;
    this.#at = half;
    this.#phase = 0;
  }

  #appendSamples(samples: Int16Array) {
    const from = this.#length * this.#channels;
    const to = from + samples.length;
    if (to > this.#input.length) {
      const grown = new Int16Array(to);
      grown.set(this.#input.subarray(0, from));
      this.#input = grown;
    }
    this.#input.set(samples, from);
    this.#length = to / this.#channels;
  }

  #dropConsumed() {
    const done = this.#at - this.#filter.change.half;
    this.#input.copyWithin(0, done * this.#channels, this.#length * this.#channels);
    this.#length -= done;
    this.#at -= done;
  }

  #produceUntil(end: number) {
    const { up, down } = this.#filter.change;
    const [at, phase, channels] = [this.#at, this.#phase, this.#channels];
    const frames = Math.max(0, Math.ceil(((end - at) * up - phase) / down));
    const out = new Int16Array(frames * channels);
    this.#filter.filterFrames({ samples: this.#input, channels, at, phase }, out);
    const moved = phase + frames * down;
    this.#at = at + Math.floor(moved / up);
    this.#phase = moved % up;
    return out;
  }
}

export function resamplePcm({ samples, rateHz, channels }: Pcm, toHz: number): Pcm {
  if (rateHz === toHz) return { samples, rateHz, channels };
  const resampler = new Resampler(rateHz, toHz, channels);
  return {
    samples: joinSamples([resampler.push(samples), resampler.flush()]),
    rateHz: toHz,
    channels,
  };
}

function getSharedFilter(fromHz: number, toHz: number) {
  const key = `${fromHz} ${toHz}`;
  const sharedFilter = sharedFilters.get(key)?.deref();
  if (sharedFilter) return sharedFilter;
  for (const [unusedKey, reference] of sharedFilters)
    if (!reference.deref()) sharedFilters.delete(unusedKey);
  const filter = new PolyphaseFilter(createRateChange(fromHz, toHz));
  sharedFilters.set(key, new WeakRef(filter));
  return filter;
}

/** Converts pieces of one sound, each of any rate and channels, to one rate and number of channels. */
export class RateConverter {
  readonly #toHz;
  readonly #channels;
  #from: Pick<Pcm, 'rateHz' | 'channels'> | undefined;
  #resampler: Resampler | undefined;

  constructor(toHz: number, channels: 1 | 2 = 1) {
    this.#toHz = toHz;
    this.#channels = channels;
  }

  /** Adds a piece of any shape, and returns the pieces that it completes, none of them empty. */
  push(pcm: Pcm): readonly Int16Array[] {
    const from = this.#channels === 1 ? toMono(pcm) : pcm;
    const { samples, rateHz, channels } = from;
    const pieces: Int16Array[] = [];
    if (
      rateHz !== this.#from?.rateHz ||
      channels !== this.#from.channels ||
      !this.#resampler
    ) {
      pieces.push(this.flush());
      this.#from = { rateHz, channels };
      this.#resampler = new Resampler(rateHz, this.#toHz, channels);
    }
    pieces.push(this.#toChannels(this.#resampler.push(samples)));
    return pieces.filter(({ length }) => length > 0);
  }

  /** Returns the samples held back at the end of the sound. */
  flush(): Int16Array {
    return this.#toChannels(this.#resampler?.flush() ?? new Int16Array(0));
  }

  #toChannels(samples: Int16Array) {
    return this.#from?.channels === this.#channels ? samples : toStereo(samples);
  }
}

type FilterInput = {
  readonly samples: Int16Array;
  readonly channels: 1 | 2;
  /** The first output lies `phase / up` after this frame. */
  readonly at: number;
  readonly phase: number;
};

/** Exports of scripts/kernels/polyphase.ts. Addresses count bytes. */
type FilterModule = Readonly<
  Record<
    'floatMono' | 'floatStereo' | 'filterMono' | 'filterStereo',
    (...of: number[]) => void
  >
>;

const groupSize = 8;
const blockFrames = 1024;
const pageBytes = 64 * 1024;
const floatBytes = 4;
const sampleBytes = 2;

let compiled: WebAssembly.Module | undefined;

/** Resamples in WebAssembly, in single precision. Streams between the same rates share a filter. */
class PolyphaseFilter {
  /** Rates and size of this filter. */
  readonly change: Omit<RateChange, 'taps'>;
  readonly #module;
  readonly #rowBytes;
  readonly #layout;
  readonly #blockFrames;
  readonly #input: Int16Array;
  readonly #output: Int16Array;

  constructor({ taps, ...change }: RateChange) {
    const row = roundUpToGroup(2 * change.half);
    const layout = planMemory(change.phases * row, row + blockFrames);
    const pages = Math.ceil(layout.endBytes / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new WebAssembly.Instance(loadKernels(), { env: { memory } });
    this.change = change;
    this.#module = exports as FilterModule; // Exports of the file beside this one.
    this.#rowBytes = floatBytes * row;
    this.#layout = layout;
    const maxOutputFrames = Math.floor(((blockFrames - 1) * change.up) / change.down);
    this.#blockFrames = Math.max(1, Math.min(blockFrames, maxOutputFrames));
    this.#input = new Int16Array(memory.buffer, layout.input, 2 * (row + blockFrames));
    this.#output = new Int16Array(memory.buffer, layout.output, 2 * blockFrames);
    const table = new Float32Array(memory.buffer, 0, change.phases * row);
    for (let phase = 0; phase < change.phases; phase++) {
      const from = phase * 2 * change.half;
      table.set(taps.subarray(from, from + 2 * change.half), phase * row);
    }
  }

  /** Fills `out` with resampled frames. The input must hold `half` more frames on each side. */
  filterFrames({ samples, channels, at, phase }: FilterInput, out: Int16Array): void {
    const { up, down, half } = this.change;
    let turns = phase;
    for (let done = 0; done < out.length; done += channels * this.#blockFrames) {
      const count = Math.min(this.#blockFrames, (out.length - done) / channels);
      const from = at + Math.floor(turns / up) - half + 1;
      const last = (turns % up) + (count - 1) * down;
      const frames = 2 * half + Math.floor(last / up);
      this.#input.set(samples.subarray(channels * from, channels * (from + frames)));
      this.#filterBlock(channels, frames, count, turns % up);
      out.set(this.#output.subarray(0, channels * count), done);
      turns += count * down;
    }
  }

  #filterBlock(channels: 1 | 2, frames: number, count: number, phase: number) {
    const { floatMono, floatStereo, filterMono, filterStereo } = this.#module;
    const { up, down, phases } = this.change;
    const { input, left, right, output } = this.#layout;
    const step = floatBytes * Math.floor(down / up);
    const move = [phase, up, phases, step, down % up] as const;
    if (channels === 1) {
      floatMono(input, left, frames);
      filterMono(0, this.#rowBytes, left, output, count, ...move);
    } else {
      floatStereo(input, left, right, frames);
      filterStereo(0, this.#rowBytes, left, output, count, ...move, right - left);
    }
  }
}

function loadKernels() {
  const path = new URL('./polyphase-kernels.wasm', import.meta.url);
  compiled ??= new WebAssembly.Module(readFileSync(path));
  return compiled;
}

type MemoryLayout = {
  readonly input: number;
  readonly left: number;
  readonly right: number;
  readonly output: number;
  readonly endBytes: number;
};

function planMemory(taps: number, inputFrames: number): MemoryLayout {
  // Kernels read and write whole groups.
  const padded = roundUpToGroup(inputFrames) + groupSize;
  const input = floatBytes * taps;
  const left = input + 2 * sampleBytes * padded;
  const right = left + floatBytes * padded;
  const output = right + floatBytes * padded;
  return {
    input,
    left,
    right,
    output,
    endBytes: output + 2 * sampleBytes * blockFrames,
  };
}

function roundUpToGroup(length: number) {
  return groupSize * Math.ceil(length / groupSize);
}

/**
 * Zero crossings on each side. The kernel is flat up to 82 % of the lower Nyquist rate, and -75 dB from 5 % above it.
 */
const kernelCrossings = 24;
const cutoffShare = 0.93;
/** Enough for all usual rates. Other ones take the nearest phase. */
const maxPhases = 512;
/** 512 KiB. Only odd rates far above 48 kHz get fewer phases. */
const maxTableTaps = 128 * 1024;

/** Makes `up` samples of every `down`, with a filter of `2 * half` taps for each phase. */
type RateChange = {
  readonly up: number;
  readonly down: number;
  readonly half: number;
  readonly phases: number;
  readonly taps: Float64Array;
};

/**
 * Plans a change of rate. Throws a plain Error for rates that lie too far apart.
 *
 * @example
 * import { createRateChange } from '#src/audio/resampler.ts';
 *
 * const { up, down } = createRateChange(48_000, 16_000);
 * [up, down]; // [1, 3]
 */
export function createRateChange(fromHz: number, toHz: number): RateChange {
  const common = getCommonDivisor(fromHz, toHz);
  const [up, down] = [toHz / common, fromHz / common];
  const half = Math.ceil(kernelCrossings * Math.max(1, fromHz / toHz));
  const fitting = Math.floor(maxTableTaps / (2 * half));
  if (fitting < 1) throw new Error(`${fromHz} Hz cannot be resampled to ${toHz} Hz.`);
  const phases = Math.min(up, maxPhases, fitting);
  const taps = createKernel(phases, half, cutoffShare * Math.min(1, toHz / fromHz));
  return { up, down, half, phases, taps };
}

/** Computes the taps. A row is a sinc of `cutoff` (1 is the Nyquist rate of the input) under a Blackman window. */
function createKernel(phases: number, half: number, cutoff: number) {
  const taps = 2 * half;
  const table = new Float64Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const row = table.subarray(phase * taps, (phase + 1) * taps);
    for (let n = 0; n < taps; n++) {
      const x = n - half + 1 - phase / phases;
      const turn = (Math.PI * x) / half;
      const window = 0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn);
      row[n] = window * computeSinc(cutoff * x);
    }
    const sum = row.reduce((total, tap) => total + tap, 0);
    for (let n = 0; n < taps; n++) row[n] = (row[n] ?? 0) / sum;
  }
  return table;
}

function computeSinc(x: number) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function getCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : getCommonDivisor(b, a % b);
}
