import { detectFrames } from '#src/audio/formats/mpeg-frame.ts';
import { sniffNamedFormat } from '#src/audio/formats/sniff-format.ts';
import { WavReader } from '#src/audio/formats/wav.ts';
import { type Pcm, speakRateHz, toMono } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';

/** Formats of speech that a server can be asked for. `pcm` are raw 16-bit samples. */
export const speechFormats = ['pcm', 'wav', 'mp3', 'opus', 'flac'] as const;
export type SpeechFormat = (typeof speechFormats)[number];

/** 21 ms at 24 kHz are checked together, and at least 8 ms. */
const [maxNoiseSamples, minNoiseSamples] = [512, 200];

type SoundReaderState = 'undecided' | 'raw' | WavReader | PackedSound;

const packedNames = {
  wav: 'WAV',
  mp3: 'MP3',
  flac: 'FLAC',
  ogg: 'Ogg',
  webm: 'WebM',
} as const;

/** Sound that needs a decoder, with the name of its format. */
export type PackedSound = { readonly name: string; readonly bytes: Buffer };

/**
 * Turns the body of an answer into mono sound as it arrives.
 *
 * The bytes decide the format, since servers send WAV for raw samples and label anything `audio/mpeg`. Unknown
 * bytes are 16-bit little-endian samples, unless they would be noise. Throws BotError `provider.wrong_type` or
 * `audio.bad_wav`.
 */
export class SpeechSoundReader {
  readonly #rateHz: number;
  #remainder: Buffer = Buffer.alloc(0);
  readonly #isPackedFine: boolean;
  #reader: SoundReaderState = 'undecided';

  /**
   * Creates a reader. `contentType` may name the rate, as in `audio/pcm; rate=16000`. With `isPackedFine`, MP3, Ogg
   * and FLAC are returned by `packedSound`.
   */
  constructor(
    contentType: string,
    isPackedFine: boolean = false,
    unlabelledHz: number = speakRateHz,
  ) {
    this.#isPackedFine = isPackedFine;
    const rate = /[;\s]rate=(\d{4,6})/i.exec(contentType)?.[1];
    this.#rateHz = rate ? Number(rate) : unlabelledHz;
  }

  /** All bytes pushed, if they need a decoder; nothing more may be pushed then. Undefined for raw samples and WAV. */
  get packedSound(): PackedSound | undefined {
    return typeof this.#reader === 'object' && 'name' in this.#reader
      ? this.#reader
      : undefined;
  }

  /** Adds bytes of the body, and returns the sound that they complete. */
  push(bytes: Uint8Array): Pcm[] {
    const joined = Buffer.concat([this.#remainder, bytes]);
    this.#remainder = Buffer.alloc(0);
    return this.#readSound(joined, false);
  }

  /** Returns the last sound. A body shorter than a header may now show in `packedSound`. */
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
    // Half a sample waits for the rest of it, and is dropped at the end.
    const even = bytes.length & ~1;
    this.#remainder = bytes.subarray(this.#reader === 'raw' ? even : bytes.length);
    if (this.#reader instanceof WavReader)
      return this.#reader.addBytes(bytes).map(toSpeechSound);
    if (this.#reader !== 'raw' || even === 0) return [];
    // A copy lies at an even address.
    const samples = new Int16Array(new Uint8Array(bytes.subarray(0, even)).buffer);
    return [toSpeechSound({ samples, rateHz: this.#rateHz, channels: 1 })];
  }

  #chooseReader(bytes: Buffer, isWhole: boolean) {
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
    if (textStart.test(bytes.toString('latin1'))) throw createWrongFormError('text');
    return 'raw';
  }

  #toPacked(name: string, bytes: Buffer) {
    if (!this.#isPackedFine) throw createWrongFormError(name);
    return { name, bytes };
  }
}

const textStart = /^[\t\n\r\x20-\x7e]{48}/;

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
