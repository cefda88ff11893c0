import { joinSamples, musicRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import { frameSamples } from './track.ts';

/** Frames an encoder is given first, so that its state matches the latest sound of the listeners. */
const silenceFrames = 3;
/** Delay of the resampler, in samples: 1 ms. */
const late = speakRateHz / 1000;
/** Share of a frame in which sound slides from in time to late: 5 % lower in pitch meanwhile. */
const slide = 0.94;

const silence = new Int16Array(frameSamples);

/**
 * Speech for the mix at 48 kHz, 1 ms late, with a switch to it without a jump.
 *
 * Takes every frame of speech, silence included, also of sound that is not used.
 */
export class WideSpeech {
  /** The latest frames, oldest first. */
  #recent: readonly Int16Array[] = [];
  #up: Resampler | undefined;
  /** The resampler holds nothing but silence. */
  #isSilent = true;

  /** This frame of speech goes out at its own rate. */
  keep(samples: Int16Array): void {
    this.#recent = [...this.#recent, samples].slice(-(silenceFrames + 1));
  }

  /** 20 ms at 48 kHz, one channel; undefined where they are silent. */
  widen(samples: Int16Array | undefined): Int16Array | undefined {
    const frame = samples ?? silence;
    const out = this.#up ? this.#go(this.#up, frame, samples === undefined) : this.#begin(frame);
    this.keep(frame);
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
    return slid(wide, 2 * frameSamples * silenceFrames);
  }

  #last(count: number): Int16Array[] {
    const lacking = Math.max(0, count - this.#recent.length);
    return [...Array.from({ length: lacking }, () => silence), ...this.#recent.slice(-count)];
  }
}

/** `sound` from place `at` on, read more and more before that, up to twice `late`. */
function slid(sound: Int16Array, at: number): Int16Array {
  const length = 2 * frameSamples;
  return Int16Array.from({ length }, (_, n) => {
    const share = Math.min(1, n / (slide * length));
    return Math.round(between(sound, at + n - 2 * late * share));
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
