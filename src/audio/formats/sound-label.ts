import type { SampleEncoding } from './sample-encoding.ts';

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
 * import { readSoundLabel } from '#src/audio/formats/sound-label.ts';
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
