import { setImmediate } from 'node:timers/promises';
import { readHeaderLabel } from '#src/audio/formats/raw-sound.ts';
import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { createChildController, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { readEncodedSound } from './encoded-sound.ts';
import { type PackedSound, SpeechSoundReader } from './speech-sound-reader.ts';

/** Decodes MP3, Ogg or FLAC as it arrives, to mono at one rate. Throws BotError `source.*`. */
export type DecodeSpeech = (
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
) => AsyncIterable<Pcm>;

/** How the sound of an answer is read. */
export type SpeechReading = {
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
export type SpokenClause = {
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
