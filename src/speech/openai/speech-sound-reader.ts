import { detectFrames } from '#src/audio/formats/mpeg-frame.ts';
import {
  createSampleReader,
  type ReadSample,
  type SampleEncoding,
} from '#src/audio/formats/sample-encoding.ts';
import { sniffNamedFormat } from '#src/audio/formats/sniff-format.ts';
import { WavReader } from '#src/audio/formats/wav.ts';
import { mixDown, type Pcm, speakRateHz, toMono } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { findTextTail, judgeText } from '#src/base/text-bytes.ts';
import { readHeaderLabel, type SoundLabel } from './sound-label.ts';

/** Formats of speech that a server can be asked for. `pcm` are raw 16-bit samples. */
export const speechFormats = ['pcm', 'wav', 'mp3', 'opus', 'flac'] as const;
export type SpeechFormat = (typeof speechFormats)[number];

/** 21 ms at 24 kHz are checked together, and at least 8 ms. */
const [maxNoiseSamples, minNoiseSamples] = [512, 200];

/** A text that ends sound, and is shorter, may be chance. */
const minTailBytes = 16;
const minCertainTailBytes = 64;

type SoundReaderState = 'undecided' | RawSamples | WavReader | PackedSound | TextAnswer;

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
    if (!(this.#reader instanceof RawSamples)) return [];
    const sound = this.#reader.isOfBytes ? bytes : this.#holdText(bytes, isWhole);
    return this.#reader.push(sound, isWhole).map(toSpeechSound);
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
    return new RawSamples(this.#label, this.#unlabelledHz);
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
  for (const sample of samples) {
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

/** Bytes by which an encoding is chosen: 8 ms at 24 kHz. */
const minChoiceBytes = 400;
/** A whole number of frames of any width, up to 8 channels. */
const silenceStepBytes = 8;
const usualEncoding = { kind: 'signed', bits: 16 } as const;

/**
 * Turns samples without a file around them into mono sound, by their label. Where the label leaves a choice, the bytes
 * decide it: floats are unmistakable, and samples in the wrong order are noise.
 */
class RawSamples {
  readonly #label: SoundLabel;
  readonly #rateHz: number;
  readonly #channels: number;
  #encoding: SampleEncoding | undefined;
  #rest: Buffer = Buffer.alloc(0);

  /** Creates a reader. `unlabelledHz` is the rate of samples whose label names none. */
  constructor(label: SoundLabel, unlabelledHz: number) {
    this.#label = label;
    this.#rateHz = label.rateHz ?? unlabelledHz;
    this.#channels = label.channels ?? 1;
    const { encoding = usualEncoding, isOfEitherOrder, mayBeFloats } = label;
    const isOpen = isOfEitherOrder || mayBeFloats || isWide(encoding);
    this.#encoding = isOpen ? undefined : encoding;
  }

  /** Whether a sample has one byte, of which each may look like a letter. */
  get isOfBytes(): boolean {
    return this.#label.encoding?.bits === 8;
  }

  /** Adds bytes, and returns the sound that they complete. A part of a frame waits, and is dropped at the end. */
  push(bytes: Uint8Array, isWhole: boolean): Pcm[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const silence = this.#encoding ? [] : this.#readSilence();
    if (!this.#encoding) {
      if (this.#rest.length < minChoiceBytes && !isWhole) return silence;
      this.#encoding = chooseEncoding(this.#rest, this.#label);
    }
    return [...silence, ...this.#readSamples(this.#encoding)];
  }

  /** Reads zeros, which are silence in any encoding and say nothing about it. */
  #readSilence() {
    const firstSound = this.#rest.findIndex((byte) => byte !== 0);
    const length = firstSound < 0 ? this.#rest.length : firstSound;
    const step = silenceStepBytes * this.#channels;
    return this.#readSamples(usualEncoding, length - (length % step));
  }

  #readSamples(encoding: SampleEncoding, maxBytes: number = this.#rest.length) {
    const { bits } = encoding;
    const frameBytes = (bits / 8) * this.#channels;
    const length = maxBytes - (maxBytes % frameBytes);
    if (length === 0) return [];
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    const samples = convertSamples(bytes, encoding);
    const mono = this.#channels === 1 ? samples : mixDown(samples, this.#channels);
    return [{ samples: mono, rateHz: this.#rateHz, channels: 1 as const }];
  }
}

function convertSamples(bytes: Buffer, encoding: SampleEncoding) {
  const { bits, isBigEndian, kind } = encoding;
  // A copy lies at an even address.
  if (kind === 'signed' && bits === 16 && !isBigEndian)
    return new Int16Array(new Uint8Array(bytes).buffer);
  const sampleBytes = bits / 8;
  const read = createSampleReader(encoding) ?? readNothing;
  return Int16Array.from({ length: bytes.length / sampleBytes }, (_, n) =>
    read(bytes, n * sampleBytes),
  );
}

const readNothing: ReadSample = () => 0;

/** Integers of 32 bits are rare, and floats are often declared by their width alone. */
function isWide({ bits, kind }: SampleEncoding) {
  return kind === 'signed' && bits === 32;
}

function chooseEncoding(
  bytes: Buffer,
  { encoding = usualEncoding, isOfEitherOrder }: SoundLabel,
): SampleEncoding {
  const head = bytes.subarray(0, minChoiceBytes);
  if (isOfEitherOrder) {
    const swapped = { ...encoding, isBigEndian: true };
    const isSwapped =
      measureRoughness(head, swapped) < measureRoughness(head, encoding);
    return isSwapped ? swapped : encoding;
  }
  return looksLikeFloats(head) ? { kind: 'float', bits: 32 } : encoding;
}

/** Measures how far each sample is from the one before: about 2 for bytes in the wrong order, below 1 for voices. */
function measureRoughness(bytes: Buffer, encoding: SampleEncoding) {
  const samples = convertSamples(bytes.subarray(0, bytes.length & ~1), encoding);
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  let [power, change, last] = [0, 0, samples[0] ?? 0];
  for (const sample of samples) {
    power += (sample - mean) ** 2;
    change += (sample - last) ** 2;
    last = sample;
  }
  return power === 0 ? 0 : change / power;
}

const minFloats = 50;
/** A voice may be clipped a little, and its quietest sample is a millionth. */
const [maxFloat, minFloat] = [2, 1e-9];

/** Integers of 16 bits, read as floats, are not numbers, or too large or too small ones. */
function looksLikeFloats(bytes: Buffer) {
  const count = Math.floor(bytes.length / 4);
  if (count < minFloats) return false;
  return Array.from({ length: count }, (_, n) =>
    Math.abs(bytes.readFloatLE(4 * n)),
  ).every((value) => value === 0 || (value >= minFloat && value <= maxFloat));
}
