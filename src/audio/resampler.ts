import {
  createRateChange,
  PolyphaseFilter,
} from '#src/audio/polyphase/polyphase-filter.ts';
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
