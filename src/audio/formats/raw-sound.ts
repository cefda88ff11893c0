import { mixDown, type Pcm } from '#src/audio/pcm.ts';

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
 * import { RawSampleReader } from '#src/audio/formats/raw-sound.ts';
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

/** How samples are written as bytes: signed, unsigned or floating numbers, or the logarithms of telephony. */
export type SampleEncoding = {
  readonly kind: 'signed' | 'unsigned' | 'float' | 'mulaw' | 'alaw';
  readonly bits: number;
  readonly isBigEndian?: boolean;
};

/** Reads the sample that begins at a byte, as a number of 16 bits. */
export type ReadSample = (bytes: Buffer, at: number) => number;

/**
 * Creates a reader of samples. Undefined for an unknown encoding.
 *
 * @example
 * import { createSampleReader } from '#src/audio/formats/raw-sound.ts';
 *
 * const read = createSampleReader({ kind: 'float', bits: 32 });
 * read?.(Buffer.from(Float32Array.of(0.5).buffer), 0); // 16383
 */
export function createSampleReader({
  bits,
  isBigEndian = false,
  kind,
}: SampleEncoding): ReadSample | undefined {
  const sampleBytes = bits / 8;
  switch (`${kind}/${bits}`) {
    case 'unsigned/8':
      return (bytes, at) => (bytes.readUInt8(at) - 128) << 8;
    case 'signed/8':
      return (bytes, at) => bytes.readInt8(at) << 8;
    case 'signed/16':
    case 'signed/24':
    case 'signed/32':
      if (isBigEndian) return (bytes, at) => bytes.readInt16BE(at);
      return (bytes, at) => bytes.readInt16LE(at + sampleBytes - 2);
    case 'float/32':
      if (isBigEndian) return (bytes, at) => toSample(bytes.readFloatBE(at));
      return (bytes, at) => toSample(bytes.readFloatLE(at));
    case 'float/64':
      if (isBigEndian) return (bytes, at) => toSample(bytes.readDoubleBE(at));
      return (bytes, at) => toSample(bytes.readDoubleLE(at));
    case 'mulaw/8':
      return (bytes, at) => expandMulaw(bytes.readUInt8(at));
    case 'alaw/8':
      return (bytes, at) => expandAlaw(bytes.readUInt8(at));
    default:
      return undefined;
  }
}

function toSample(value: number) {
  return Math.trunc(Math.max(-1, Math.min(1, value || 0)) * 32_767);
}

/** G.711, mu-law: https://www.itu.int/rec/T-REC-G.711 */
function expandMulaw(byte: number) {
  const inverted = ~byte & 0xff;
  const magnitude = (((inverted & 0x0f) << 3) + 0x84) << ((inverted & 0x70) >> 4);
  return inverted & 0x80 ? 0x84 - magnitude : magnitude - 0x84;
}

/** G.711, A-law: https://www.itu.int/rec/T-REC-G.711 */
function expandAlaw(byte: number) {
  const toggled = byte ^ 0x55;
  const segment = (toggled & 0x70) >> 4;
  const step = ((toggled & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
}

/** Rate, channels and encoding that a server declares for its samples. Files name their own. */
export type SoundLabel = {
  readonly rateHz?: number;
  readonly channels?: number;
  readonly encoding?: SampleEncoding;
  /** Declared as `audio/L16`, whose bytes are big-endian by RFC 2586, and little-endian from most servers. */
  readonly isOfEitherOrder?: boolean;
  /** Mistral sends floats in JSON, and does not say so: https://docs.mistral.ai/studio/audio/text-to-speech */
  readonly mayBeFloats?: boolean;
  /** Declared as samples without a file around them. */
  readonly isRaw?: boolean;
};

/** A name and its value: a header, a parameter of a content type, or a field of JSON. */
export type LabelField = readonly [name: string, value: unknown];

const rateName =
  /^(?!.*(?:bit|limit|speech|speaking))(?:.*[-_.])?(?:sampl(?:e|ing)[-_]?(?:rate|frequency|hz)|rate|frequency)(?:[-_]?(?:in[-_])?hz)?$/;
const channelsName = /(?:^|[-_.])(?:num[-_]?)?channels?(?:[-_]?count)?$/;
const bitsName = /bits?[-_]?per[-_]?sample|bit[-_]?depth|bits$/;
const widthName = /sample[-_]?(?:width|size)/;
const formatName = /type|format|encoding|codec/;

/**
 * Reads what fields say of samples, by the meaning of each name: no two servers use the same ones.
 *
 * @example
 * import { readSoundLabel } from '#src/audio/formats/raw-sound.ts';
 *
 * readSoundLabel([['x-sample-rate', '22050'], ['channels', 2]]); // { rateHz: 22050, channels: 2 }
 */
export function readSoundLabel(fields: Iterable<LabelField>): SoundLabel {
  let stated: SoundLabel = {};
  let formatted: SoundLabel = {};
  for (const [field, value] of fields) {
    const name = field.slice(0, maxNameChars).toLowerCase();
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const text = `${value}`.slice(0, maxValueChars).toLowerCase();
    if (isStatedName(name)) stated = { ...stated, ...readStated(name, text) };
    else if (formatName.test(name)) formatted = { ...parseFormat(text), ...formatted };
  }
  // The width of samples says less than the name of their format, and a rate of its own says more.
  const { encoding = stated.encoding } = formatted;
  return { ...formatted, ...stated, ...(encoding && { encoding }) };
}

/** Returns whether a name, in lower case, says something of samples that `readSoundLabel` reads. */
export function isLabelName(name: string): boolean {
  return isStatedName(name) || formatName.test(name);
}

function isStatedName(name: string) {
  return [rateName, channelsName, bitsName, widthName].some((pattern) =>
    pattern.test(name),
  );
}

function readStated(name: string, text: string): SoundLabel {
  if (rateName.test(name)) return toRate(text);
  if (channelsName.test(name)) return toChannels(text);
  const number = Number.parseFloat(text);
  const isInBytes = widthName.test(name) && number <= maxSampleBytes;
  return toBits(isInBytes ? 8 * number : number);
}

/** Reads the label of a body, from its content type and all other headers. */
export function readHeaderLabel(headers: Headers): SoundLabel {
  const [type = '', ...parameters] = (headers.get('content-type') ?? '').split(/[;,]/);
  const parameterFields = parameters.map((parameter): LabelField => {
    const [name = '', value = ''] = parameter.split('=');
    return [name.trim(), value.replaceAll('"', '').trim()];
  });
  return readSoundLabel([
    ...parameterFields,
    ['content-type', type.trim()],
    ...[...headers].filter(([name]) => !/^content-|^date$|^server$/.test(name)),
  ]);
}

const [maxNameChars, maxValueChars] = [60, 100];
const maxSampleBytes = 8;
const [minRateHz, maxRateHz] = [4_000, 192_000];
const maxChannels = 8;
const phoneRateHz = 8_000;

function toRate(text: string): SoundLabel {
  const [, digits, unit] = /(?<![-\d.])(\d+(?:\.\d+)?)\s*(k)?/.exec(text) ?? [];
  const rateHz = Math.round(Number(digits) * (unit ? 1_000 : 1));
  return rateHz >= minRateHz && rateHz <= maxRateHz ? { rateHz } : {};
}

function toChannels(text: string): SoundLabel {
  const channels = { mono: 1, stereo: 2 }[text] ?? Number(text);
  return channels >= 1 && channels <= maxChannels && Number.isInteger(channels)
    ? { channels }
    : {};
}

function toBits(bits: number): SoundLabel {
  if (bits === 8) return { encoding: { kind: 'unsigned', bits }, isRaw: true };
  return [16, 24, 32].includes(bits)
    ? { encoding: { kind: 'signed', bits }, isRaw: true }
    : {};
}

/** Parses a name of a format, such as `audio/pcm_f32le`, `pcm_22050`, `audio/l16` or `raw-24khz-16bit-mono-pcm`. */
function parseFormat(text: string): SoundLabel {
  const isRaw = /pcm|raw|(?:^|[^a-z])l(?:8|16|24)(?!\d)|linear|law|audio\/basic/.test(
    text,
  );
  const encoding = parseEncoding(text);
  if (!isRaw && !encoding) return {};
  const [, rate] = /(?:^|[^\d])(\d{4,6})(?!\d)/.exec(text) ?? [];
  const [, khz] = /(?<![\d.])(\d{1,3}(?:\.\d{1,3})?)k(?:hz)?/.exec(text) ?? [];
  const isOfPhone = encoding?.kind === 'mulaw' || encoding?.kind === 'alaw';
  const defaultRate = isOfPhone ? `${phoneRateHz}` : '';
  return {
    isRaw: true,
    ...(encoding && { encoding }),
    ...toRate(khz ? `${khz}k` : (rate ?? defaultRate)),
    ...toChannels(/mono|stereo/.exec(text)?.[0] ?? ''),
    ...(/(?:^|[^a-z])l16(?!\d)/.test(text) && { isOfEitherOrder: true }),
  };
}

function parseEncoding(text: string): SampleEncoding | undefined {
  if (/mu-?law|ulaw|pcmu|audio\/basic/.test(text)) return { kind: 'mulaw', bits: 8 };
  if (/a-?law|pcma(?![a-z])/.test(text)) return { kind: 'alaw', bits: 8 };
  const isBigEndian = /\dbe\b|big[-_]?endian/.test(text);
  const [, floatBits] = /f(?:loat|lt|p)?[-_]?(32|64)/.exec(text) ?? [];
  if (floatBits) return { kind: 'float', bits: Number(floatBits), isBigEndian };
  if (/float|(?:^|[^a-z])flt/.test(text))
    return { kind: 'float', bits: 32, isBigEndian };
  const [, letter, digits] =
    /(?:^|[^a-z])(s|u|i|int|uint|sint|l|linear|pcm)[-_]?(8|16|24|32)(?!\d)/.exec(
      text,
    ) ??
    /()(8|16|24|32)[-_]?bit/.exec(text) ??
    [];
  if (!digits) return undefined;
  const bits = Number(digits);
  const isUnsigned = bits === 8 && !/^(s|i|int|sint)$/.test(letter ?? '');
  return {
    kind: isUnsigned ? 'unsigned' : 'signed',
    bits,
    isBigEndian: isBigEndian || (letter === 'l' && bits === 24),
  };
}
