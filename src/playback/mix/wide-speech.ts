import { joinSamples, musicRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import { frameSamples } from './track.ts';

/** Frames an encoder is given first, so that its state matches the latest sound of the listeners. */
const silenceFrames = 3;
/** Delay of the resampler, in samples: 1 ms. */
const late = speakRateHz / 1000;
/** Share of a frame in which sound slides from in time to late or back: 5 % lower or higher in pitch meanwhile. */
const slide = 0.94;

const silence = new Int16Array(frameSamples);

/**
 * Speech for the mix at 48 kHz, 1 ms late, with switches to and from it without a jump.
 *
 * Takes every frame of speech, silence included, also of sound that is not used.
 */
export class WideSpeech {
  /** The latest frames, oldest first. */
  #recent: readonly Int16Array[] = [];
  #up: Resampler | undefined;
  /** The resampler holds nothing but silence. */
  #isSilent = true;

  /** This frame of speech goes out at its own rate, after frames that did. */
  keep(samples: Int16Array): Int16Array {
    this.#remember(samples);
    return samples;
  }

  /** The first one to go out at its own rate again, after frames that were late. */
  narrow(samples: Int16Array): { readonly samples: Int16Array; readonly before: Int16Array[] } {
    const all = joinSamples([...this.#last(silenceFrames + 1), samples]);
    const at = (silenceFrames + 1) * frameSamples;
    const before = Array.from({ length: silenceFrames }, (_, n) => {
      const from = frameSamples * (n + 1) - late;
      return all.slice(from, from + frameSamples);
    });
    this.#up = undefined;
    this.#isSilent = true;
    this.#remember(samples);
    return { samples: slid(all, at, { from: -late, to: 0, length: frameSamples }), before };
  }

  /** 20 ms at 48 kHz, one channel; undefined where they are silent. */
  widen(samples: Int16Array | undefined): Int16Array | undefined {
    const frame = samples ?? silence;
    const out = this.#up ? this.#go(this.#up, frame, samples === undefined) : this.#begin(frame);
    this.#remember(frame);
    return out;
  }

  /** Right after the first `widen`: the frames before it in two channels. */
  before(): Int16Array[] {
    const up = new Resampler(speakRateHz, musicRateHz);
    const wide = up.push(joinSamples(this.#last(silenceFrames + 1)));
    return Array.from({ length: silenceFrames }, (_, n) => {
      const from = 2 * frameSamples * n;
      return inBoth(wide.subarray(from, from + 2 * frameSamples));
    });
  }

  /** Forgets the sound after a long silence. */
  forget(): void {
    this.#recent = [];
    this.#up = undefined;
    this.#isSilent = true;
  }

  #go(up: Resampler, frame: Int16Array, isOver: boolean): Int16Array | undefined {
    if (isOver && this.#isSilent) return undefined;
    this.#isSilent = isOver;
    return up.push(frame);
  }

  #begin(frame: Int16Array): Int16Array {
    this.#up = new Resampler(speakRateHz, musicRateHz);
    this.#isSilent = false;
    const wide = this.#up.push(joinSamples([...this.#last(silenceFrames), frame]));
    const from = 2 * frameSamples * silenceFrames;
    return slid(wide, from, { from: 0, to: -2 * late, length: 2 * frameSamples });
  }

  #last(count: number): Int16Array[] {
    const lacking = Math.max(0, count - this.#recent.length);
    return [...Array.from({ length: lacking }, () => silence), ...this.#recent.slice(-count)];
  }

  #remember(samples: Int16Array): void {
    this.#recent = [...this.#recent, samples].slice(-(silenceFrames + 1));
  }
}

/** Distance from its place at which sound is read, at the start and at the end. */
type Slide = { readonly from: number; readonly to: number; readonly length: number };

/** `sound` from place `at` on, read from a little before that, more and more so or less and less. */
function slid(sound: Int16Array, at: number, { from, to, length }: Slide): Int16Array {
  return Int16Array.from({ length }, (_, n) => {
    const share = Math.min(1, n / (slide * length));
    return Math.round(between(sound, at + n + from + (to - from) * share));
  });
}

/** Interpolates between samples, by the cubic through the four around. */
function between(sound: Int16Array, place: number): number {
  const at = Math.floor(place);
  const share = place - at;
  const [a = 0, b = 0, c = 0, d = 0] = sound.subarray(at - 1, at + 3);
  const [rise, bow] = [c - a, 2 * a - 5 * b + 4 * c - d];
  return b + (share / 2) * (rise + share * (bow + share * (3 * (b - c) + d - a)));
}

function inBoth(one: Int16Array): Int16Array {
  const both = new Int16Array(2 * one.length);
  for (let n = 0; n < one.length; n++) {
    both[2 * n] = one[n] ?? 0;
    both[2 * n + 1] = one[n] ?? 0;
  }
  return both;
}
