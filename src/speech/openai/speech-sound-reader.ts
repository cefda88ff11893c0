import {
  RawSampleReader,
  readHeaderLabel,
  type SoundLabel,
} from '#src/audio/formats/raw-sound.ts';
import { detectFrames, sniffNamedFormat } from '#src/audio/formats/sniff-format.ts';
import { WavReader } from '#src/audio/formats/wav.ts';
import { type Pcm, speakRateHz, toMono } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { findTextTail, judgeText } from '#src/base/text-bytes.ts';

/** Formats of speech that a server can be asked for. `pcm` are raw 16-bit samples. */
export const speechFormats = ['pcm', 'wav', 'mp3', 'opus', 'flac'] as const;
export type SpeechFormat = (typeof speechFormats)[number];

/** 21 ms at 24 kHz are checked together, and at least 8 ms. */
const [maxNoiseSamples, minNoiseSamples] = [512, 200];

/** A text that ends sound, and is shorter, may be chance. */
const minTailBytes = 16;
const minCertainTailBytes = 64;

type SoundReaderState =
  | 'undecided'
  | RawSampleReader
  | WavReader
  | PackedSound
  | TextAnswer;

const packedNames = {
  wav: 'WAV',
  mp3: 'MP3',
  flac: 'FLAC',
  ogg: 'Ogg',
  webm: 'WebM',
} as const;

/** Sound that needs a decoder, with the name of its format. */
export type PackedSound = { readonly name: string; readonly bytes: Buffer };

type TextAnswer = { readonly text: Buffer };

/**
 * Turns the body of an answer into mono sound as it arrives.
 *
 * The bytes decide the format, since servers send WAV for raw samples and label anything `audio/mpeg`. Unknown
 * bytes are samples by their label, unless they would be noise. A readable text is never played. Throws BotError
 * `provider.wrong_type` or `audio.bad_wav`.
 */
export class SpeechSoundReader {
  readonly #label: SoundLabel;
  readonly #unlabelledHz: number;
  readonly #isPackedFine: boolean;
  readonly #isTextFine: boolean;
  #remainder: Buffer = Buffer.alloc(0);
  #reader: SoundReaderState = 'undecided';
  #hasTextTail = false;

  /**
   * Creates a reader. A content type may name the rate, as in `audio/pcm; rate=16000`. With `isPackedFine`, MP3, Ogg
   * and FLAC are returned by `packedSound`, and with `isTextFine` a text, which may hold sound in base64, by `text`.
   */
  constructor(
    label: string | SoundLabel,
    isPackedFine: boolean = false,
    unlabelledHz: number = speakRateHz,
    isTextFine: boolean = false,
  ) {
    this.#label =
      typeof label === 'string'
        ? readHeaderLabel(new Headers({ 'content-type': label }))
        : label;
    this.#isPackedFine = isPackedFine;
    this.#isTextFine = isTextFine;
    this.#unlabelledHz = unlabelledHz;
  }

  /** All bytes pushed, if they need a decoder; nothing more may be pushed then. Undefined for raw samples and WAV. */
  get packedSound(): PackedSound | undefined {
    return typeof this.#reader === 'object' && 'name' in this.#reader
      ? this.#reader
      : undefined;
  }

  /** All bytes pushed, if they are a readable text; nothing more may be pushed then. */
  get text(): Buffer | undefined {
    return typeof this.#reader === 'object' && 'text' in this.#reader
      ? this.#reader.text
      : undefined;
  }

  /** Adds bytes of the body, and returns the sound that they complete. */
  push(bytes: Uint8Array): Pcm[] {
    const joined = Buffer.concat([this.#remainder, bytes]);
    this.#remainder = Buffer.alloc(0);
    return this.#readSound(joined, false);
  }

  /** Returns the last sound. A body shorter than a header may now show in `packedSound` or `text`. */
  end(): Pcm[] {
    const pieces = this.#readSound(this.#remainder, true);
    if (!(this.#reader instanceof WavReader)) return pieces;
    return [...pieces, ...this.#reader.end().map(toSpeechSound)];
  }

  #readSound(bytes: Buffer, isWhole: boolean) {
    this.#remainder = bytes;
    if (bytes.length < 2 * minNoiseSamples && !isWhole) return [];
    if (this.#reader === 'undecided') this.#reader = this.#chooseReader(bytes, isWhole);
    if (this.#reader === 'undecided') return [];
    this.#remainder = Buffer.alloc(0);
    if (this.#reader instanceof WavReader)
      return this.#reader.addBytes(bytes).map(toSpeechSound);
    if (!(this.#reader instanceof RawSampleReader)) return [];
    const sound = this.#reader.isOfBytes ? bytes : this.#holdText(bytes, isWhole);
    const pieces = this.#reader.addBytes(sound);
    return [...pieces, ...(isWhole ? this.#reader.end() : [])].map(toSpeechSound);
  }

  /** Holds back a text that a server has appended to its sound, and returns the bytes before it. */
  #holdText(bytes: Buffer, isWhole: boolean) {
    if (this.#hasTextTail) throw createTextTailError();
    const tail = findTextTail(bytes);
    const tailBytes = bytes.length - tail;
    if (tailBytes < minTailBytes) return bytes;
    if (isWhole) throw createTextTailError();
    this.#hasTextTail = tailBytes >= minCertainTailBytes;
    this.#remainder = bytes.subarray(tail);
    return bytes.subarray(0, tail);
  }

  #chooseReader(bytes: Buffer, isWhole: boolean) {
    if (judgeText(bytes, isWhole) === 'text') {
      if (this.#isTextFine) return { text: bytes };
      throw createWrongFormError('text');
    }
    const named = sniffNamedFormat(bytes, isWhole);
    if (named?.kind === 'more') return 'undecided';
    if (named?.kind === 'format' && named.format === 'wav') return new WavReader();
    if (named?.kind === 'format')
      return this.#toPacked(packedNames[named.format], bytes);
    if (named) throw createWrongFormError(named.name);
    const frames = detectFrames(bytes);
    if (frames === 'unknown' && !isWhole) return 'undecided';
    if (frames === 'MP3') return this.#toPacked(frames, bytes);
    if (frames === 'AAC') throw createWrongFormError(frames);
    return new RawSampleReader(this.#label, this.#unlabelledHz);
  }

  #toPacked(name: string, bytes: Buffer) {
    if (!this.#isPackedFine) throw createWrongFormError(name);
    return { name, bytes };
  }
}

function createTextTailError() {
  const message = 'The speech server ended its sound with a text, which is an error.';
  return new BotError('provider.truncated', true, message);
}

function createWrongFormError(name: string) {
  const message = `The speech server sent ${name}: set SPEECH_FORMAT to wav, or use a server that can send pcm or wav.`;
  return new BotError('provider.wrong_type', false, message);
}

function toSpeechSound(pcm: Pcm) {
  const mono = toMono(pcm);
  const { samples } = mono;
  // A WAV file may hold other bytes too, or half a sample, after which everything is noise.
  const last = samples.length - minNoiseSamples;
  for (let at = 0; last >= 0 && at < samples.length; at += maxNoiseSamples)
    if (isNoise(samples.subarray(Math.min(at, last), at + maxNoiseSamples)))
      throw createWrongFormError('an unknown format');
  return mono;
}

function isNoise(samples: Int16Array) {
  let [power, change, last] = [0, 0, samples[0] ?? 0];
  for (let n = 0; n < samples.length; n++) {
    const sample = samples[n] ?? 0;
    power += sample ** 2;
    change += (sample - last) ** 2;
    last = sample;
  }
  // Each sample of compressed or misread bytes is independent of the one before, and nearly as loud
  // as possible.
  const isLoud = power > samples.length * minNoiseLevel ** 2;
  return isLoud && change > minNoiseChange * power && change < maxNoiseChange * power;
}

/**
 * Random samples have a root mean square of 18,900, and 512 of them always more than 17,000. The loudest "s" of
 * test/fixtures/speech at full scale has 10,400, and 15,400 if half as much again is clipped.
 */
const minNoiseLevel = 15_500;
/** 2 for random samples, below 1 for vowels, about 3 for "s" at 16 kHz. */
const [minNoiseChange, maxNoiseChange] = [1.3, 2.7];
