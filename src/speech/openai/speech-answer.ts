import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { readEncodedSound } from './encoded-sound.ts';
import { readHeaderLabel } from './sound-label.ts';
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
