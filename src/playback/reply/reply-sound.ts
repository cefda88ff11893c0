import { type Pcm, SampleBuffer, speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { Gain } from '#src/playback/mix/gain.ts';
import { frameSamples } from '#src/playback/mix/mixer.ts';
import { TimeStretch } from './time-stretch.ts';
import {
  createLevels,
  estimateWordTimes,
  type Levels,
  samplesPerMs,
  type TimedSentence,
  type WordTime,
  weighWords,
} from './word-times.ts';

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

/** Sentences of a reply with their places in its sound, and the part that was sent. */
function createSpokenSentences() {
  const all: TimedSentence[] = [];
  let sentTo = 0;
  let isOpen = false;

  function getLast() {
    return all.at(-1);
  }

  function findIndex(place: number) {
    return all.findLastIndex(({ from }) => from < place);
  }

  function getHeardWords(sentence: TimedSentence, isWhole: boolean) {
    const { text, from, to } = sentence;
    const sentMs = (Math.min(sentTo, to) - from) / samplesPerMs;
    if (sentMs <= 0) return '';
    if (isWhole && sentMs >= (to - from) / samplesPerMs - missingSoundMs)
      return text.trim();
    const heard = estimateWordTimes(sentence, isWhole).findLast(
      ({ toMs }) => toMs <= sentMs,
    );
    return text.slice(0, heard?.to ?? 0).trim();
  }

  return {
    isCurrent(text: string): boolean {
      return isOpen && getLast()?.text === text;
    },

    close() {
      isOpen = false;
    },

    start(text: string) {
      isOpen = true;
      const from = getLast()?.to ?? 0;
      const words = weighWords(text);
      all.push({ text, words, from, to: from, levels: createLevels() });
    },

    grow(samples: Int16Array) {
      const last = getLast();
      if (!last) return;
      last.to += samples.length;
      last.levels.push(samples);
    },

    /** Notes that the samples up to this place were sent. Repeated sound changes nothing. */
    noteSent(to: number) {
      sentTo = Math.max(sentTo, to);
    },

    getSentMs(): number {
      return sentTo / samplesPerMs;
    },

    /** Returns the sent words, without a cut one. `whole`: the latest sentence is complete. */
    getHeardText(whole: boolean): string {
      const texts = all.map((one) => getHeardWords(one, whole || one !== getLast()));
      return texts.filter((text) => text !== '').join(' ');
    },

    getWholeText(): string {
      return all.map(({ text }) => text.trim()).join(' ');
    },

    /**
     * Finds the start of the word that a stop at `place` would cut, rather too early than too late.
     * Returns `place` between words.
     */
    findWordStart(place: number, whole: boolean): number {
      const one = all[findIndex(place)];
      if (!one || place === one.to) return place;
      const atMs = (place - one.from) / samplesPerMs;
      const words = estimateWordTimes(one, whole || one !== getLast());
      const startMs = findSafeStart(words, atMs, one.levels);
      return Math.min(place, one.from + Math.round(startMs * samplesPerMs));
    },

    /**
     * Drops all sentences after the one at `place`. Returns its end, or undefined if it may still
     * grow.
     */
    closeAfter(place: number): number | undefined {
      const kept = findIndex(place) + 1;
      if (kept === all.length) return undefined;
      all.length = kept;
      return getLast()?.to ?? 0;
    },
  };
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

/** 20 ms, and the place after them. */
export type SoundCut = { readonly samples: Int16Array; readonly to: number };

/** Sound of one reply: waiting samples, recently played samples, and the places of words. */
export function createReplySound(speed: number) {
  const gain = new Gain(1);
  const sentences = createSpokenSentences();
  const rate = new RateConverter(speakRateHz);
  const limiter = new VoiceLimiter();
  const samples = new SampleBuffer();
  let taken = 0;
  let rising = false;
  let isFresh = true;
  const stretch = speed === 1 ? undefined : new TimeStretch(speed);

  function flushSound() {
    appendPieces([rate.flush()]);
    if (stretch) addPiece(stretch.flush());
  }

  function fadeIn() {
    rising = true;
  }

  /** Fades the old sound out and the new one in if there is a step between them, as an audio model leaves none. */
  function joinPiece(piece: Int16Array) {
    const before = samples.view(
      Math.max(samples.from, samples.to - edgeSamples),
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
    fadeEnd();
    fadeFromSilence(piece, edgeSamples);
  }

  function fadeEnd() {
    const from = Math.max(taken, samples.to - edgeSamples);
    fadeToSilence(samples.view(from, edgeSamples), edgeSamples);
  }

  function appendPieces(pieces: readonly Int16Array[]) {
    for (const piece of pieces) addPiece(stretch?.push(piece) ?? piece);
  }

  function addPiece(piece: Int16Array) {
    if (piece.length === 0) return;
    limiter.limit(piece);
    if (isFresh) joinPiece(piece);
    isFresh = false;
    samples.push(piece, taken - keepSamples);
    sentences.grow(piece);
  }

  function copyNext(into: Int16Array) {
    const next = samples.view(taken, into.length);
    into.set(next);
    return into.subarray(0, next.length);
  }

  return {
    sentences,

    gain,

    get length(): number {
      return samples.to - taken;
    },

    get nextPlace(): number {
      return taken;
    },

    push(pcm: Pcm, text: string) {
      if (!sentences.isCurrent(text)) {
        flushSound();
        sentences.start(text);
        isFresh = true;
      }
      // A provider may reuse its memory.
      appendPieces(rate.push({ ...pcm, samples: pcm.samples.slice() }));
    },

    close() {
      flushSound();
      fadeEnd();
    },

    /** Drops the sound after the current sentence. Returns false if there is none yet. */
    dropAfterSentence(): boolean {
      const end = sentences.closeAfter(taken);
      if (end !== undefined) samples.truncate(end);
      return end !== undefined;
    },

    /** Returns the next 20 ms. Zeros replace missing samples, and a `starved` frame fades into them. */
    takeFrame(starved: boolean): SoundCut {
      const samples = new Int16Array(frameSamples);
      const sound = copyNext(samples);
      gain.applyToMono(sound);
      if (rising) fadeFromSilence(sound, riseSamples);
      if (starved) fadeToSilence(sound, starvedSamples);
      rising = false;
      taken += sound.length;
      return { samples, to: taken };
    },

    /** Returns a frame in which the next sound fades out, without moving on. */
    createTail(): Int16Array {
      const samples = new Int16Array(frameSamples);
      const fading = copyNext(samples.subarray(0, fadeSamples));
      gain.applyToMono(fading);
      fadeToSilence(fading, fadeSamples);
      return samples;
    },

    fadeIn,

    /** Returns to the start of the word at this place, if its sound was kept. */
    rewindToWord(whole: boolean) {
      const start = sentences.findWordStart(taken, whole);
      taken = Math.max(start, taken - keepSamples, samples.from);
      fadeIn();
    },
  };
}

/** -1 dBFS, as Opus may overshoot. */
const ceiling = 29_200;
/** The gain rises by at most 3 dB in 100 ms. */
const release = 1.000_146;

/** Keeps a voice below -1 dBFS. The gain falls at once and rises slowly. */
class VoiceLimiter {
  #gain = 1;

  limit(samples: Int16Array) {
    for (let at = 0; at < samples.length; at++) {
      const sample = samples[at] ?? 0;
      this.#gain = Math.min(1, this.#gain * release, ceiling / Math.abs(sample));
      samples[at] = sample * this.#gain;
    }
  }
}

export function fadeToSilence(samples: Int16Array, length: number) {
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
