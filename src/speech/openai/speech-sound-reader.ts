import { setImmediate } from 'node:timers/promises';
import {
  RawSampleReader,
  readHeaderLabel,
  type SoundLabel,
} from '#src/audio/formats/raw-sound.ts';
import { detectFrames, sniffNamedFormat } from '#src/audio/formats/sniff-format.ts';
import { WavReader } from '#src/audio/formats/wav.ts';
import { getDurationMs, type Pcm, speakRateHz, toMono } from '#src/audio/pcm.ts';
import { createChildController, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { findTextTail, judgeText } from '#src/provider/event-stream.ts';
import { readEncodedSound } from './encoded-sound.ts';

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
type PackedSound = { readonly name: string; readonly bytes: Buffer };

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

/** Decodes MP3, Ogg or FLAC as it arrives, to mono at one rate. Throws BotError `source.*`. */
export type DecodeSpeech = (
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
) => AsyncIterable<Pcm>;

/** How the sound of an answer is read. */
type SpeechReading = {
  /** Without a decoder only raw samples and WAV are accepted. */
  readonly decode: DecodeSpeech | undefined;
  /** Rate of samples without a label. */
  readonly rateHz: number | undefined;
};

type Bytes = AsyncIterable<Uint8Array>;

/**
 * Reads the sound of an answer as it arrives: samples, a file, or either of them in base64 inside JSON or events.
 *
 * Ending early closes the connection. Throws BotError `provider.wrong_type` or `audio.bad_wav`, and APIError for an
 * event with an error.
 */
export async function* readSpeech(
  response: Response,
  reading: SpeechReading,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  const { headers } = response;
  const label = readHeaderLabel(headers);
  const isPackedFine = reading.decode !== undefined;
  const reader = new SpeechSoundReader(label, isPackedFine, reading.rateHz, true);
  const body = (response.body ?? new Blob([]).stream()).values();
  const text = yield* readSounds(body, reader, reading, signal);
  if (text) yield* readText(joinBytes(text, body), headers, reading, signal);
}

/** Yields sounds. Returns the bytes so far if they are a text. */
async function* readSounds(
  pieces: Bytes,
  reader: SpeechSoundReader,
  { decode }: SpeechReading,
  signal: AbortSignal,
): AsyncGenerator<Pcm, Buffer | undefined> {
  const iterator = pieces[Symbol.asyncIterator]();
  const laterPieces = { [Symbol.asyncIterator]: () => iterator };
  let isRead = false;
  try {
    while (!reader.text) {
      const { done, value } = await iterator.next();
      signal.throwIfAborted();
      isRead = done === true;
      yield* done ? reader.end() : reader.push(value);
      if (decode && reader.packedSound)
        yield* decodePacked(reader.packedSound, laterPieces, decode, signal);
      if (isRead || reader.packedSound) return reader.text;
    }
    isRead = true;
    return reader.text;
  } finally {
    if (!isRead) await iterator.return?.();
  }
}

async function* decodePacked(
  { name, bytes }: PackedSound,
  laterBytes: Bytes,
  decode: DecodeSpeech,
  signal: AbortSignal,
) {
  try {
    yield* decode(joinBytes(bytes, laterBytes), signal);
  } catch (cause) {
    if (!(cause instanceof BotError && cause.code.startsWith('source.'))) throw cause;
    const message = `The speech server sent ${name} that cannot be decoded: set SPEECH_FORMAT to wav.`;
    throw new BotError('provider.wrong_type', false, message, cause);
  }
}

async function* joinBytes(first: Uint8Array, later: Bytes): AsyncGenerator<Uint8Array> {
  yield first;
  yield* later;
}

/** Reads sound that a text holds. The text says nothing else that is heard. */
async function* readText(
  body: Bytes,
  headers: Headers,
  reading: SpeechReading,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  const sounds = readEncodedSound(body, headers);
  const first = await sounds.next();
  if (first.done) {
    const message = 'The speech server sent a text in place of sound.';
    throw new BotError('provider.wrong_type', false, message);
  }
  const label = {
    ...readHeaderLabel(headers),
    ...first.value.label,
    mayBeFloats: true,
  };
  const isPackedFine = reading.decode !== undefined;
  const reader = new SpeechSoundReader(label, isPackedFine, reading.rateHz);
  const readBytes = async function* () {
    yield first.value.bytes;
    for await (const { bytes } of sounds) yield bytes;
  };
  yield* readSounds(readBytes(), reader, reading, signal);
}

/** The shortest word takes longer. */
const minSoundMs = 100;
/** The fastest speaker needs several times as long for a letter. */
const minMsPerChar = 10;
/** The end of an error arrives with its beginning, and the first sound may not be late. */
const maxHoldMs = 1;

/** The words that a sound says. A pace of 1 is the voice's own. */
type SpokenClause = {
  readonly text: string;
  readonly pace?: number | undefined;
};

const listenerLeftError = new Error('nobody listens to this sound any more');

/**
 * Passes on the sound of one text, and throws if it cannot hold that text at this pace: the server broke off, or sent
 * an error under a false name.
 *
 * The first 100 ms are held for 1 ms at most, so that no crack is heard where the sound ends with them. Throws BotError
 * `provider.empty` without sound, and `provider.truncated`.
 */
export async function* checkSoundLength(
  openSound: (signal: AbortSignal) => AsyncIterable<Pcm>,
  { pace = 1, text }: SpokenClause,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  const hangUp = createChildController(signal);
  const pieces = openSound(hangUp.signal)[Symbol.asyncIterator]();
  const start = new HeldStart(pace);
  let patience: AbortSignal | undefined;
  let soundMs = 0;
  try {
    for (;;) {
      const next = pieces.next();
      if (start.isHeld) {
        patience ??= AbortSignal.timeout(maxHoldMs);
        if (!(await isSoon(next, patience))) yield* start.release();
      }
      const { done, value } = await next;
      if (done) break;
      soundMs += getDurationMs(value);
      yield* start.pass(value, soundMs);
    }
  } finally {
    // A piece may still be awaited.
    hangUp.abort(listenerLeftError);
    await pieces.return?.();
  }
  if (soundMs === 0) throw createEmptyError();
  const neededMs = Math.max(minSoundMs, minMsPerChar * countSounded(text)) / pace;
  if (soundMs < neededMs) throw createShortError(soundMs, text);
}

/** The beginning of a sound, until there is enough of it to be heard. */
class HeldStart {
  readonly #pace: number;
  #held: Pcm[] | undefined = [];

  constructor(pace: number) {
    this.#pace = pace;
  }

  /** Whether some sound waits for more. */
  get isHeld(): boolean {
    return this.#held !== undefined && this.#held.length > 0;
  }

  /** Returns the pieces that may be heard now. */
  pass(piece: Pcm, soundMs: number): readonly Pcm[] {
    if (!this.#held) return [piece];
    this.#held.push(piece);
    return soundMs * this.#pace < minSoundMs ? [] : this.release();
  }

  /** Returns the pieces held, and holds no later one. */
  release(): readonly Pcm[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }
}

/** Returns whether a piece, or the end, comes before the beginning may be late. */
async function isSoon(next: Promise<unknown>, patience: AbortSignal): Promise<boolean> {
  let hasCome = false;
  const arrival = next.then(
    () => (hasCome = true),
    // The error is thrown where the piece is read.
    () => (hasCome = true),
  );
  await waitUnlessAborted(arrival, patience).catch(() => undefined);
  // Timers run before the network in each turn of the event loop.
  if (!hasCome) await setImmediate();
  return hasCome;
}

/** Counts letters, figures and one pause between two words: signs and emoji may sound like nothing. */
function countSounded(text: string) {
  return [...text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()].length;
}

function createEmptyError() {
  const message = 'The speech server sent no sound: check the model and the voice.';
  return new BotError('provider.empty', true, message);
}

function createShortError(soundMs: number, text: string) {
  const message = `The speech server sent ${Math.round(soundMs)} ms of sound for ${text.length} characters, which is too short: it broke off, or failed.`;
  return new BotError('provider.truncated', true, message);
}
