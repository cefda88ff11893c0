import { type Pcm, SampleBuffer, speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { Gain } from '#src/playback/mix/gain.ts';
import { frameSamples } from '#src/playback/mix/track.ts';
import { TimeStretch } from './time-stretch.ts';
import {
  estimateWordTimes,
  Levels,
  samplesPerMs,
  type TimedSentence,
  type WordTime,
  weighWords,
} from './word-times.ts';

/** A voice fades in and out of silence in this time, since a step would click. */
const voiceFadeMs = 3;

/**
 * Word times are estimates, so the chosen word is the one that sounded `doubtMs` before the cut, and its start is moved
 * to the quietest spot within `snapMs` before it. Over test/fixtures/speech the start of the cut word is
 * then lost in 15 % of all cuts and 335 ms come again; without doubt, snapping 80 ms either way, in 34 %, and 200 ms.
 */
const doubtMs = 100;
const snapMs = 120;

/**
 * Sound that may lack without a word missing: three frames, since a sentence ends in silence
 * and the link may refuse a packet.
 */
const missingSoundMs = 60;

/** Positions of sentences in the sound of a reply, and the part of each that has left. */
class SpokenSentences {
  readonly #all: TimedSentence[] = [];
  /** End of the sound that left. */
  #sentTo = 0;
  #isOpen = false;

  get #last() {
    return this.#all.at(-1);
  }

  /** Whether `text` is the sentence the latest sound belongs to, and more of it may come. */
  isCurrent(text: string): boolean {
    return this.#isOpen && this.#last?.text === text;
  }

  /** No more of the latest sentence comes. */
  close(): void {
    this.#isOpen = false;
  }

  start(text: string): void {
    this.#isOpen = true;
    const from = this.#last?.to ?? 0;
    const words = weighWords(text);
    this.#all.push({ text, words, from, to: from, levels: new Levels() });
  }

  /** The latest sentence got these samples more. */
  grow(samples: Int16Array): void {
    const last = this.#last;
    if (!last) return;
    last.to += samples.length;
    last.levels.push(samples);
  }

  /** The samples up to this place left; those that leave again change nothing. */
  noteSent(to: number): void {
    this.#sentTo = Math.max(this.#sentTo, to);
  }

  getSentMs(): number {
    return this.#sentTo / samplesPerMs;
  }

  /** The words that left: whole sentences, and of one that was cut those that were over by then; `whole`: no more sound of the latest was to come. */
  getHeardText(whole: boolean): string {
    const texts = this.#all.map((one) =>
      this.#getHeardWords(one, whole || one !== this.#last),
    );
    return texts.filter((text) => text !== '').join(' ');
  }

  getWholeText(): string {
    return this.#all.map(({ text }) => text.trim()).join(' ');
  }

  /** Start of the word that a stop at `place` would cut, rather too early than too late; between words, `place`. */
  findWordStart(place: number, whole: boolean): number {
    const one = this.#all[this.#findIndex(place)];
    if (!one || place === one.to) return place;
    const atMs = (place - one.from) / samplesPerMs;
    const words = estimateWordTimes(one, whole || one !== this.#last);
    const startMs = findSafeStart(words, atMs, one.levels);
    return Math.min(place, one.from + Math.round(startMs * samplesPerMs));
  }

  /** Drops all after the sentence at `place`; returns its end, undefined while it may still grow. */
  closeAfter(place: number): number | undefined {
    const kept = this.#findIndex(place) + 1;
    if (kept === this.#all.length) return undefined;
    this.#all.length = kept;
    return this.#last?.to ?? 0;
  }

  #findIndex(place: number) {
    return this.#all.findLastIndex(({ from }) => from < place);
  }

  #getHeardWords(sentence: TimedSentence, isWhole: boolean) {
    const { text, from, to } = sentence;
    const sentMs = (Math.min(this.#sentTo, to) - from) / samplesPerMs;
    if (sentMs <= 0) return '';
    if (isWhole && sentMs >= (to - from) / samplesPerMs - missingSoundMs)
      return text.trim();
    const heard = estimateWordTimes(sentence, isWhole).findLast(
      ({ toMs }) => toMs <= sentMs,
    );
    return text.slice(0, heard?.to ?? 0).trim();
  }
}

function findSafeStart(words: readonly WordTime[], atMs: number, levels: Levels) {
  const lastMs = words.at(-1)?.toMs ?? 0;
  if (lastMs <= atMs - doubtMs) return atMs;
  const word = words.findLast(({ fromMs }) => fromMs < atMs - doubtMs) ?? words[0];
  const startMs = Math.min(word?.fromMs ?? atMs, atMs);
  return (
    levels.findQuietest(Math.max(0, startMs - snapMs), startMs + 10, startMs) ?? startMs
  );
}

/** Played sound, in samples, that is kept for a resumed reply: 3 s, as no word is longer. */
const keepSamples = 3_000 * samplesPerMs;
/** Length of a fade without a click, in the first half of a frame, of which an Opus encoder fills 6.5 ms with the sound before. */
const fadeSamples = 4 * samplesPerMs;
/** Length of that fade in samples, where the next sound is only late. */
const starvedSamples = 10 * samplesPerMs;
/** Comes out of silence without a click, and without eating a consonant. */
const riseSamples = 5 * samplesPerMs;
const edgeSamples = voiceFadeMs * samplesPerMs;

/** 20 ms, and the place of the sound behind them. */
export type SoundCut = { readonly samples: Int16Array; readonly to: number };

/** Sound of one reply: waiting samples, the last taken ones, and the positions of words. */
export class ReplySound {
  readonly gain = new Gain(1);
  readonly sentences = new SpokenSentences();
  readonly #rate = new RateConverter(speakRateHz);
  readonly #stretch;
  readonly #limiter = new VoiceLimiter();
  readonly #samples = new SampleBuffer();
  #taken = 0;
  #rising = false;
  /** The next samples begin a sentence. */
  #isFresh = true;

  constructor(speed = 1) {
    this.#stretch = speed === 1 ? undefined : new TimeStretch(speed);
  }

  /** Samples waiting. */
  get length(): number {
    return this.#samples.to - this.#taken;
  }

  /** The place of the next sample. */
  get taken(): number {
    return this.#taken;
  }

  /** The sound is copied: a provider may use its memory again. */
  push(pcm: Pcm, text: string): void {
    if (!this.sentences.isCurrent(text)) {
      this.end();
      this.sentences.start(text);
      this.#isFresh = true;
    }
    this.#appendPieces(this.#rate.push({ ...pcm, samples: pcm.samples.slice() }));
  }

  /** No more sound comes. */
  close(): void {
    this.end();
    this.#fadeEnd();
  }

  /** The sentence has no more sound. */
  end(): void {
    this.#appendPieces([this.#rate.flush()]);
    if (this.#stretch) this.#addPiece(this.#stretch.flush());
  }

  /** Drops the sound after the current sentence; false where there is none yet. */
  dropAfterSentence(): boolean {
    const end = this.sentences.closeAfter(this.#taken);
    if (end !== undefined) this.#samples.truncate(end);
    return end !== undefined;
  }

  /** Zeros fill missing samples; where more should have come, the sound fades into them. */
  take(starved: boolean): SoundCut {
    const samples = new Int16Array(frameSamples);
    const sound = this.#copyNext(samples);
    this.gain.applyToMono(sound);
    if (this.#rising) fadeFromSilence(sound, riseSamples);
    if (starved) fadeToSilence(sound, starvedSamples);
    this.#rising = false;
    this.#taken += sound.length;
    return { samples, to: this.#taken };
  }

  /** A frame in which the next sound fades out; nothing is taken. */
  takeTail(): Int16Array {
    const samples = new Int16Array(frameSamples);
    const fading = this.#copyNext(samples.subarray(0, fadeSamples));
    this.gain.applyToMono(fading);
    fadeToSilence(fading, fadeSamples);
    return samples;
  }

  /** Resumes at the same position, out of silence. */
  fadeIn(): void {
    this.#rising = true;
  }

  /** Goes back to the start of the word that is cut here, as far as it was kept. */
  rewindToWord(whole: boolean): void {
    const start = this.sentences.findWordStart(this.#taken, whole);
    this.#taken = Math.max(start, this.#taken - keepSamples, this.#samples.from);
    this.fadeIn();
  }

  /**
   * Lets the waiting sound fall to silence and `piece` rise from it, if there would be a step between them. The sound of an audio
   * model goes on where a sentence begins, and has none.
   */
  #joinPiece(piece: Int16Array) {
    const before = this.#samples.view(
      Math.max(this.#samples.from, this.#samples.to - edgeSamples),
      edgeSamples,
    );
    let usualStep = 0;
    for (let n = 1; n < before.length; n++)
      usualStep = Math.max(
        usualStep,
        Math.abs((before[n] ?? 0) - (before[n - 1] ?? 0)),
      );
    const step = Math.abs((piece[0] ?? 0) - (before.at(-1) ?? 0));
    if (step <= 2 * usualStep) return;
    this.#fadeEnd();
    fadeFromSilence(piece, edgeSamples);
  }

  #fadeEnd() {
    const from = Math.max(this.#taken, this.#samples.to - edgeSamples);
    fadeToSilence(this.#samples.view(from, edgeSamples), edgeSamples);
  }

  #appendPieces(pieces: readonly Int16Array[]) {
    for (const piece of pieces) this.#addPiece(this.#stretch?.push(piece) ?? piece);
  }

  #addPiece(piece: Int16Array) {
    if (piece.length === 0) return;
    this.#limiter.limit(piece);
    if (this.#isFresh) this.#joinPiece(piece);
    this.#isFresh = false;
    this.#samples.push(piece, this.#taken - keepSamples);
    this.sentences.grow(piece);
  }

  /** Copies the next samples there, and returns the part that they fill. */
  #copyNext(into: Int16Array) {
    const next = this.#samples.view(this.#taken, into.length);
    into.set(next);
    return into.subarray(0, next.length);
  }
}

/** Largest sample of a voice: -1 dBFS, since Opus may overshoot. */
const ceiling = 29_200;
/** Largest rise of the gain from one sample to the next: 3 dB in 100 ms. */
const release = 1.000_146;

/** Keeps a voice below -1 dBFS: its gain falls with a peak, at once, and rises slowly. */
class VoiceLimiter {
  #gain = 1;

  /** Limits the next samples, in place. */
  limit(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at++) {
      const sample = samples[at] ?? 0;
      this.#gain = Math.min(1, this.#gain * release, ceiling / Math.abs(sample));
      samples[at] = sample * this.#gain;
    }
  }
}

export function fadeToSilence(samples: Int16Array, length: number): void {
  const tail = samples.subarray(Math.max(0, samples.length - length));
  for (const [at, sample] of tail.entries()) {
    tail[at] = Math.round(sample * (1 - (at + 1) / (tail.length + 1)));
  }
}

function fadeFromSilence(samples: Int16Array, length: number) {
  const head = samples.subarray(0, length);
  for (const [at, sample] of head.entries()) {
    head[at] = Math.round((sample * (at + 1)) / (head.length + 1));
  }
}
