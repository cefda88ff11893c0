import { mixDown, type Pcm } from '#src/audio/pcm.ts';
import {
  createSampleReader,
  type ReadSample,
  type SampleEncoding,
} from './sample-encoding.ts';
import type { SoundLabel } from './sound-label.ts';

/** Bytes by which an encoding is chosen: 8 ms at 24 kHz. */
const minChoiceBytes = 400;
/** A whole number of frames of any width, up to 8 channels. */
const silenceStepBytes = 8;
const usualEncoding = { kind: 'signed', bits: 16 } as const;

/**
 * Reads samples without a file around them, by their label. Where the label leaves a choice, the bytes decide it: floats
 * are unmistakable, and samples in the wrong order are noise. More than two channels are mixed down.
 *
 * @example
 * import { RawSampleReader } from '#src/audio/formats/raw-samples.ts';
 *
 * const reader = new RawSampleReader({ rateHz: 8_000, channels: 2 }, 24_000);
 * reader.addBytes(Buffer.from([1, 0, 2, 0, 3])).map(({ samples }) => [...samples]); // [[1, 2]]
 */
export class RawSampleReader {
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

  /** Adds bytes, and returns the sound that they complete. */
  addBytes(bytes: Uint8Array): Pcm[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    return this.#readWaiting(false);
  }

  /** Returns sound that was too short for a choice. A part of a frame is dropped. */
  end(): Pcm[] {
    return this.#readWaiting(true);
  }

  #readWaiting(isWhole: boolean) {
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

  #readSamples(encoding: SampleEncoding, maxBytes: number = this.#rest.length): Pcm[] {
    const { bits } = encoding;
    const frameBytes = (bits / 8) * this.#channels;
    const length = maxBytes - (maxBytes % frameBytes);
    if (length === 0) return [];
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    const samples = convertSamples(bytes, encoding);
    const [rateHz, channels] = [this.#rateHz, this.#channels];
    if (channels === 1 || channels === 2)
      return [{ samples, rateHz, channels } as const];
    return [{ samples: mixDown(samples, channels), rateHz, channels: 1 } as const];
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

/** Computes the length, in ms, of so many bytes of labelled samples. */
export function measureRawMs(
  { rateHz, channels = 1, encoding = usualEncoding }: SoundLabel,
  unlabelledHz: number,
  bytes: number,
): number {
  const frames = bytes / ((encoding.bits / 8) * channels);
  return (frames / (rateHz ?? unlabelledHz)) * 1_000;
}

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
