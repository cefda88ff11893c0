import { Gain, SpokenText } from '#src/audio/loudness/loudness.ts';
import { type Pcm, SampleBuffer, speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { findAddresses, sayAddresses } from '#src/base/addresses/addresses.ts';
import { frameSamples } from '#src/playback/mix/mixer.ts';
import { TimeStretch } from './time-stretch.ts';

/** Samples in 1 ms, at 24 kHz. */
export const samplesPerMs: number = speakRateHz / 1000;

const cellMs = 10;
const cellSamples = samplesPerMs * cellMs;

/**
 * Cells 20 dB below the loudest are pauses. Measured over test/fixtures/speech, words start 101
 * ms off in synthetic and 131 ms in human voices. A whole number keeps the array of cells
 * unboxed.
 */
const loudestByPause = 10;

type PauseSide = 'before' | 'after';

/** Loudness of a sound in steps of 10 ms, which shows pauses. */
class SoundLevels {
  readonly #levels: number[] = [];
  #loudest = 0;
  #sum = 0;
  #filled = 0;

  /** Adds the next samples. */
  addSamples(samples: Int16Array): void {
    for (let n = 0; n < samples.length; n++) {
      this.#sum += Math.abs(samples[n] ?? 0);
      this.#filled++;
      if (this.#filled === cellSamples) this.#endCell();
    }
  }

  /** Measures the time up to `untilMs` without pauses. */
  getSoundingMs(untilMs: number): number {
    const { length } = this.#levels;
    let sounding = 0;
    for (let cell = 0; cell < length && cell * cellMs < untilMs; cell++) {
      if (!this.#isPause(cell)) sounding += Math.min(cellMs, untilMs - cell * cellMs);
    }
    return sounding;
  }

  /**
   * Finds the time at which `soundingMs` is reached, before or after a pause there. Continues
   * evenly after the end.
   */
  findTimeMs(soundingMs: number, side: PauseSide): number {
    const { length } = this.#levels;
    const cells = soundingMs / cellMs;
    let wholeCells =
      side === 'after' ? Math.floor(cells) : Math.max(0, Math.ceil(cells) - 1);
    const remainderMs = soundingMs - wholeCells * cellMs;
    for (let cell = 0; cell < length; cell++) {
      if (this.#isPause(cell)) continue;
      if (wholeCells === 0) return cell * cellMs + remainderMs;
      wholeCells--;
    }
    return (length + wholeCells) * cellMs + remainderMs;
  }

  /**
   * Finds the start of the quietest cell, or of the one nearest to `nearMs` if several are equal.
   */
  findQuietest(fromMs: number, toMs: number, nearMs: number): number | undefined {
    let best: number | undefined;
    const getDistance = (cell: number) => Math.abs(cell * cellMs - nearMs);
    for (let cell = Math.ceil(fromMs / cellMs); (cell + 1) * cellMs <= toMs; cell++) {
      if (best === undefined || this.#getLevel(cell) < this.#getLevel(best))
        best = cell;
      else if (
        this.#getLevel(cell) === this.#getLevel(best) &&
        getDistance(cell) < getDistance(best)
      )
        best = cell;
    }
    return best === undefined ? undefined : best * cellMs;
  }

  /** Gets the mean absolute sample of a cell, 0 if incomplete. */
  #getLevel(cell: number): number {
    return this.#levels[cell] ?? 0;
  }

  #isPause(cell: number) {
    return this.#getLevel(cell) * loudestByPause < this.#loudest;
  }

  #endCell() {
    const level = Math.round(this.#sum / cellSamples);
    this.#levels.push(level);
    this.#loudest = Math.max(this.#loudest, level);
    this.#sum = 0;
    this.#filled = 0;
  }
}

/** A sentence with its place in the sound. `from` and `to` count samples of the reply. */
type TimedSentence = {
  readonly text: string;
  readonly words: readonly WeightedWord[];
  readonly from: number;
  to: number;
  readonly levels: SoundLevels;
};

/** A word with its estimated time in the sound. */
type WordTime = {
  readonly from: number;
  readonly to: number;
  readonly fromMs: number;
  readonly toMs: number;
};

/** Place of a word in its text, and its weight, by which words share the sound of a sentence. */
type WeightedWord = {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
};

/** About 15 characters a second, for a sentence whose sound is incomplete. */
const characterMs = 65;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * Estimates word times by length of text. `isWhole` means that all sound of the sentence is
 * there.
 */
function estimateWordTimes(sentence: TimedSentence, isWhole: boolean): WordTime[] {
  const totalWeight = sentence.words.reduce((sum, { weight }) => sum + weight, 0);
  const toTimeMs = createWordClock(sentence, isWhole);
  let passedWeight = 0;
  return sentence.words.map(({ from, to, weight }) => {
    const fromMs = toTimeMs(passedWeight / totalWeight, 'after');
    passedWeight += weight;
    const toMs = Math.max(fromMs, toTimeMs(passedWeight / totalWeight, 'before'));
    return { from, to, fromMs, toMs };
  });
}

/** Splits a text into words, weighed by their letters and the space after. An address is one word, weighed as it is said. */
export function weighWords(text: string): WeightedWord[] {
  const words: WeightedWord[] = [];
  let end = 0;
  for (const { from, to } of findAddresses(text)) {
    words.push(...weighPlainWords(text.slice(end, from), end));
    // The length is about the same in each language.
    const weight = sayAddresses(text.slice(from, to), 'en').length + 1;
    words.push({ from, to, weight });
    end = to;
  }
  return [...words, ...weighPlainWords(text.slice(end), end)];
}

function weighPlainWords(text: string, offset: number): WeightedWord[] {
  const segments = [...segmenter.segment(text)];
  return segments.flatMap(({ index, segment, isWordLike }, n) => {
    if (!isWordLike) return [];
    const next = segments[n + 1];
    const weight = segment.length + (next && !next.isWordLike ? 1 : 0);
    const from = offset + index;
    return [{ from, to: from + segment.length, weight }];
  });
}

/** Maps a share of the words to a time in the sound. In silence words lie evenly. */
function createWordClock({ text, from, to, levels }: TimedSentence, isWhole: boolean) {
  const soundMs = (to - from) / samplesPerMs;
  const lengthMs = isWhole ? soundMs : Math.max(soundMs, text.length * characterMs);
  const soundingMs = levels.getSoundingMs(soundMs);
  if (soundingMs === 0) return (share: number) => share * lengthMs;
  const allMs = soundingMs * (lengthMs / soundMs);
  return (share: number, side: PauseSide) => levels.findTimeMs(share * allMs, side);
}

const voiceFadeMs = 3;

/**
 * Word times are estimates, so the cut word is the one that sounded `doubtMs` earlier, and its
 * start is the quietest spot within `snapMs` before the estimate.
 *
 * Measured over test/fixtures/speech: 15 % of all cuts lose the start of the word, and 335 ms are
 * repeated. Without doubt, with 80 ms either way, it is 34 % and 200 ms.
 */
const doubtMs = 100;
const snapMs = 120;

/**
 * A sentence counts as heard if no more than this is missing. It ends in silence, and the
 * connection may refuse a packet.
 */
const missingSoundMs = 60;

/**
 * Sentences of a reply with their places in its sound, and the part that was sent.
 *
 * A position counts samples of the reply.
 */
class SpokenSentences {
  readonly #sentences: TimedSentence[] = [];
  #sentTo = 0;
  #isOpen = false;

  /** Returns whether sound with this text continues the last sentence. */
  isCurrent(text: string): boolean {
    return this.#isOpen && this.#getLast()?.text === text;
  }

  /** Ends the last sentence. Later sound begins another one, even with the same text. */
  close(): void {
    this.#isOpen = false;
  }

  /** Begins a sentence without sound after the last one. */
  startSentence(text: string): void {
    this.#isOpen = true;
    const from = this.#getLast()?.to ?? 0;
    this.#sentences.push({
      text,
      words: weighWords(text),
      from,
      to: from,
      levels: new SoundLevels(),
    });
  }

  /** Adds sound to the last sentence. */
  addSamples(samples: Int16Array): void {
    const last = this.#getLast();
    if (!last) return;
    last.to += samples.length;
    last.levels.addSamples(samples);
  }

  /** Notes that the samples up to this position were sent. Repeated sound changes nothing. */
  noteSent(to: number): void {
    this.#sentTo = Math.max(this.#sentTo, to);
  }

  /** Measures the sent sound in milliseconds, each sample once. */
  getSentMs(): number {
    return this.#sentTo / samplesPerMs;
  }

  /** Returns the sent words, without a cut one. `isWhole`: the latest sentence is complete. */
  getHeardText(isWhole: boolean): string {
    const texts = this.#sentences.map((sentence) =>
      this.#getHeardWords(sentence, isWhole || sentence !== this.#getLast()),
    );
    return texts.filter((text) => text !== '').join(' ');
  }

  /** Returns all words so far, sent or not. */
  getWholeText(): string {
    return this.#sentences.map(({ text }) => text.trim()).join(' ');
  }

  /**
   * Finds the start of the word that a stop at `position` would cut, rather too early than too late.
   * Returns `position` between words.
   */
  findWordStart(position: number, isWhole: boolean): number {
    const sentence = this.#sentences[this.#findIndex(position)];
    if (!sentence || position === sentence.to) return position;
    const { from, levels } = sentence;
    const atMs = (position - from) / samplesPerMs;
    const wordTimes = estimateWordTimes(
      sentence,
      isWhole || sentence !== this.#getLast(),
    );
    const startMs = findSafeStart(wordTimes, atMs, levels);
    return Math.min(position, from + Math.round(startMs * samplesPerMs));
  }

  /**
   * Drops all sentences after the one at `position`. Returns its end, or undefined if it may still
   * grow.
   */
  closeAfter(position: number): number | undefined {
    const count = this.#findIndex(position) + 1;
    if (count === this.#sentences.length) return undefined;
    this.#sentences.length = count;
    return this.#getLast()?.to ?? 0;
  }

  #getLast() {
    return this.#sentences.at(-1);
  }

  #findIndex(position: number) {
    return this.#sentences.findLastIndex(({ from }) => from < position);
  }

  #getHeardWords(sentence: TimedSentence, isWhole: boolean) {
    const { text, from, to } = sentence;
    const sentMs = (Math.min(this.#sentTo, to) - from) / samplesPerMs;
    if (sentMs <= 0) return '';
    if (isWhole && sentMs >= (to - from) / samplesPerMs - missingSoundMs)
      return text.trim();
    const lastHeardWord = estimateWordTimes(sentence, isWhole).findLast(
      ({ toMs }) => toMs <= sentMs,
    );
    return text.slice(0, lastHeardWord?.to ?? 0).trim();
  }
}

function findSafeStart(
  wordTimes: readonly WordTime[],
  atMs: number,
  levels: SoundLevels,
) {
  const lastMs = wordTimes.at(-1)?.toMs ?? 0;
  if (lastMs <= atMs - doubtMs) return atMs;
  const word =
    wordTimes.findLast(({ fromMs }) => fromMs < atMs - doubtMs) ?? wordTimes[0];
  const startMs = Math.min(word?.fromMs ?? atMs, atMs);
  return (
    levels.findQuietest(Math.max(0, startMs - snapMs), startMs + 10, startMs) ?? startMs
  );
}

/** Played sound that a resumed reply may repeat: 3 s. */
const keepSamples = 3_000 * samplesPerMs;
/**
 * Fade without a click in the first half of a frame. The encoder fills 6.5 ms of the frame with
 * the sound before.
 */
const fadeSamples = 4 * samplesPerMs;
const starvedSamples = 10 * samplesPerMs;
/** A longer rise would eat a consonant. */
const riseSamples = 5 * samplesPerMs;
const edgeSamples = voiceFadeMs * samplesPerMs;

/** Samples of 20 ms, and the position in the reply after them. */
export type SoundCut = { readonly samples: Int16Array; readonly to: number };

/** Sound of one reply: waiting samples, recently played samples, and the places of words. */
export class ReplySound {
  readonly sentences: SpokenSentences = new SpokenSentences();
  /** Volume of the reply on its track. */
  readonly gain: Gain = new Gain(1);
  readonly #rate = new RateConverter(speakRateHz);
  #level = new SpokenText();
  readonly #limiter = new VoiceLimiter();
  readonly #samples = new SampleBuffer();
  readonly #stretch: TimeStretch | undefined;
  #taken = 0;
  #isRising = false;
  /** The next piece begins a sentence. */
  #isFresh = true;

  /** `speed` is 0.5 to 2, at the same pitch. */
  constructor(speed: number) {
    this.#stretch = speed === 1 ? undefined : new TimeStretch(speed);
  }

  /** Number of waiting samples. */
  get length(): number {
    return this.#samples.to - this.#taken;
  }

  /** Position of the next sample, which is 0 until sound was taken. */
  get nextPosition(): number {
    return this.#taken;
  }

  /** Adds sound. The same text as before continues its sentence. */
  addSound(pcm: Pcm, text: string): void {
    if (!this.sentences.isCurrent(text)) {
      this.#flushSound();
      this.sentences.startSentence(text);
      this.#isFresh = true;
      this.#level = new SpokenText();
    }
    // A provider may reuse its memory.
    const owned = { ...pcm, samples: pcm.samples.slice() };
    this.#appendPieces(this.#rate.push(this.#level.levelSound(owned)));
  }

  /** Ends the sound, which fades out. */
  close(): void {
    this.#flushSound();
    this.#fadeEnd();
  }

  /** Drops the sound after the current sentence. Returns false if there is none yet. */
  dropAfterSentence(): boolean {
    const end = this.sentences.closeAfter(this.#taken);
    if (end !== undefined) this.#samples.dropFrom(end);
    return end !== undefined;
  }

  /** Returns the next 20 ms. Zeros replace missing samples, and a frame that `isStarved` fades into them. */
  takeFrame(isStarved: boolean): SoundCut {
    const samples = new Int16Array(frameSamples);
    const sound = this.#copyNext(samples);
    this.gain.applyToMono(sound);
    if (this.#isRising) fadeFromSilence(sound, riseSamples);
    if (isStarved) fadeToSilence(sound, starvedSamples);
    this.#isRising = false;
    this.#taken += sound.length;
    return { samples, to: this.#taken };
  }

  /** Returns a frame in which the next sound fades out, without moving on. */
  createTail(): Int16Array {
    const samples = new Int16Array(frameSamples);
    const fading = this.#copyNext(samples.subarray(0, fadeSamples));
    this.gain.applyToMono(fading);
    fadeToSilence(fading, fadeSamples);
    return samples;
  }

  /** Makes the next frame rise from silence. */
  fadeIn(): void {
    this.#isRising = true;
  }

  /** Returns to the start of the word at this place, if its sound was kept. */
  rewindToWord(isWhole: boolean): void {
    const start = this.sentences.findWordStart(this.#taken, isWhole);
    this.#taken = Math.max(start, this.#taken - keepSamples, this.#samples.from);
    this.fadeIn();
  }

  #flushSound() {
    this.#appendPieces([this.#rate.flush()]);
    if (this.#stretch) this.#addPiece(this.#stretch.flush());
  }

  #appendPieces(pieces: readonly Int16Array[]) {
    for (const piece of pieces) this.#addPiece(this.#stretch?.push(piece) ?? piece);
  }

  #addPiece(piece: Int16Array) {
    if (piece.length === 0) return;
    this.#limiter.limitSamples(piece);
    if (this.#isFresh) this.#joinPiece(piece);
    this.#isFresh = false;
    this.#samples.push(piece, this.#taken - keepSamples);
    this.sentences.addSamples(piece);
  }

  /** Fades the old sound out and the new one in if there is a step between them, as an audio model leaves none. */
  #joinPiece(piece: Int16Array) {
    const { from, to } = this.#samples;
    const tail = this.#samples.viewSamples(
      Math.max(from, to - edgeSamples),
      edgeSamples,
    );
    let usualStep = 0;
    for (let n = 1; n < tail.length; n++)
      usualStep = Math.max(usualStep, Math.abs((tail[n] ?? 0) - (tail[n - 1] ?? 0)));
    const step = Math.abs((piece[0] ?? 0) - (tail.at(-1) ?? 0));
    if (step <= 2 * usualStep) return;
    this.#fadeEnd();
    fadeFromSilence(piece, edgeSamples);
  }

  #fadeEnd() {
    const from = Math.max(this.#taken, this.#samples.to - edgeSamples);
    fadeToSilence(this.#samples.viewSamples(from, edgeSamples), edgeSamples);
  }

  #copyNext(into: Int16Array) {
    const next = this.#samples.viewSamples(this.#taken, into.length);
    into.set(next);
    return into.subarray(0, next.length);
  }
}

/** -1 dBFS, as Opus may overshoot. */
const ceiling = 29_200;
/** The gain rises by at most 3 dB in 100 ms. */
const release = 1.000_146;

/** Keeps a voice below -1 dBFS. The gain falls at once and rises slowly. */
class VoiceLimiter {
  #gain = 1;

  /** Limits the next samples in place. */
  limitSamples(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at++) {
      const sample = samples[at] ?? 0;
      this.#gain = Math.min(1, this.#gain * release, ceiling / Math.abs(sample));
      samples[at] = sample * this.#gain;
    }
  }
}

/** Fades the last `length` samples out in place. */
export function fadeToSilence(samples: Int16Array, length: number): void {
  const tail = samples.subarray(Math.max(0, samples.length - length));
  for (const [at, sample] of tail.entries()) {
    tail[at] = Math.round(sample * (1 - (at + 1) / (tail.length + 1)));
  }
}

function fadeFromSilence(samples: Int16Array, length: number) {
  const onset = samples.subarray(0, length);
  for (const [at, sample] of onset.entries()) {
    onset[at] = Math.round((sample * (at + 1)) / (onset.length + 1));
  }
}
