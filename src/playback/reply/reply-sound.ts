import { OneRate } from '#src/audio/one-rate.ts';
import { joinSamples, type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { fadeIn, fadeOut, Gain } from '#src/playback/mix/gain.ts';
import { frameSamples } from '#src/playback/mix/track.ts';
import { SpokenSentences } from './sentences.ts';
import { TimeStretch } from './stretch.ts';
import type { WordMark } from './word-times.ts';

export const samplesPerMs = speakRateHz / 1000;

/** Played sound, in samples, that is kept for a resumed reply: 3 s, as no word is longer. */
const keepSamples = 3_000 * samplesPerMs;
/** Length of a fade without a click, in the first half of a frame, of which an Opus encoder fills 6.5 ms with the sound before. */
const fadeSamples = 4 * samplesPerMs;
/** Length of that fade in samples, where the next sound is only late. */
const starvedSamples = 10 * samplesPerMs;
/** Comes out of silence without a click, and without eating a consonant. */
const riseSamples = 5 * samplesPerMs;

/** 20 ms, and which places of the sound they hold. */
export type SoundCut = { readonly samples: Int16Array; readonly from: number; readonly to: number };

/** Sound of one reply: waiting samples, the last taken ones, and the positions of words. */
export class ReplySound {
  readonly gain = new Gain(1);
  readonly sentences = new SpokenSentences();
  readonly #rate = new OneRate(speakRateHz);
  readonly #speed: number;
  readonly #stretch: TimeStretch | undefined;
  /** Samples that are kept, and the place of the first of them. */
  #samples: Int16Array = new Int16Array(0);
  #from = 0;
  #taken = 0;
  #rising = false;

  constructor(speed = 1) {
    this.#speed = speed;
    this.#stretch = speed === 1 ? undefined : new TimeStretch(speed);
  }

  /** Samples waiting. */
  get length(): number {
    return this.#from + this.#samples.length - this.#taken;
  }

  /** The place of the next sample. */
  get taken(): number {
    return this.#taken;
  }

  /** The sound is copied: a provider may use its memory again. */
  push(pcm: Pcm, text: string, marks: readonly WordMark[]): void {
    if (!this.sentences.isAt(text)) {
      this.end();
      this.sentences.start(text);
    }
    this.sentences.mark(marks.map((mark) => slowed(mark, this.#speed)));
    this.#append(this.#rate.push({ ...pcm, samples: pcm.samples.slice() }));
  }

  /** The sentence has no more sound. */
  end(): void {
    this.#append([this.#rate.flush()]);
    if (this.#stretch) this.#add(this.#stretch.flush());
  }

  /** Drops the sound after the current sentence; false where there is none yet. */
  dropAfterSentence(): boolean {
    const end = this.sentences.closeAfter(this.#taken);
    if (end !== undefined) this.#samples = this.#samples.subarray(0, end - this.#from);
    return end !== undefined;
  }

  /** Zeros fill missing samples; where more should have come, the sound fades into them. */
  take(starved: boolean): SoundCut {
    const samples = new Int16Array(frameSamples);
    const sound = this.#copyNext(samples);
    this.gain.applyToMono(sound);
    if (this.#rising) fadeIn(sound, riseSamples);
    if (starved) fadeOut(sound, starvedSamples);
    this.#rising = false;
    const from = this.#taken;
    this.#taken += sound.length;
    return { samples, from, to: this.#taken };
  }

  /** A frame in which the next sound fades out; nothing is taken. */
  tail(): Int16Array {
    const samples = new Int16Array(frameSamples);
    const fading = this.#copyNext(samples.subarray(0, fadeSamples));
    this.gain.applyToMono(fading);
    fadeOut(fading, fadeSamples);
    return samples;
  }

  /** Resumes at the same position, out of silence. */
  rise(): void {
    this.#rising = true;
  }

  /** Goes back to the start of the word that is cut here, as far as it was kept. */
  backToWord(whole: boolean): void {
    const start = this.sentences.wordStart(this.#taken, whole);
    this.#taken = Math.max(start, this.#taken - keepSamples, this.#from);
    this.rise();
  }

  #append(pieces: readonly Int16Array[]): void {
    for (const piece of pieces) this.#add(this.#stretch?.push(piece) ?? piece);
  }

  #add(piece: Int16Array): void {
    if (piece.length === 0) return;
    const past = Math.max(0, this.#taken - keepSamples - this.#from);
    this.#samples = joinSamples([this.#samples.subarray(past), piece]);
    this.#from += past;
    this.sentences.grow(piece);
  }

  /** Copies the next samples there, and returns the part that they fill. */
  #copyNext(into: Int16Array): Int16Array {
    const at = this.#taken - this.#from;
    const next = this.#samples.subarray(at, at + into.length);
    into.set(next);
    return into.subarray(0, next.length);
  }
}

function slowed({ at, fromMs, toMs }: WordMark, speed: number): WordMark {
  return { at, fromMs: fromMs / speed, toMs: toMs / speed };
}
