import { joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import type { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { fetchSource, mayBeSound } from '#src/sources/fetch/fetch.ts';
import type { Resolve } from '#src/sources/fetch/name-resolver.ts';
import type { RecordingReader, SoundFile } from '#src/sources/fetch/ports.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';

export type RecordingRules = {
  readonly allowed: AllowedHosts;
  readonly resolve?: Resolve;
  readonly longestMs?: number;
  readonly mostBytes?: number;
  /** Longest time from the first request to the last sample, in ms. */
  readonly deadlineMs?: number;
};

/** Longest recording, in ms; longer than any explanation. */
export const longestRecordingMs = 120_000;
/** Deadline, in ms, of sound that may be longer than that. */
const longDeadlineMs = 60_000;
/** Two minutes of studio sound: 16 bit, stereo, 48 kHz, and a third more. */
const usualMostBytes = 32 * 1024 * 1024;
const usualDeadlineMs = 20_000;
const pieceBytes = 64 * 1024;
/** Recordings at once; each takes up to 4 MB until it is recognised. */
const mostAtOnce = 4;

/** Fetches recordings and decodes them for recognition. Nothing of them is kept. */
export class Recordings implements RecordingReader {
  readonly #decoding: Decoding;
  readonly #rules: RecordingRules;
  readonly #underWay = new Set<SoundFile>();

  constructor(decoding: Decoding, rules: RecordingRules) {
    this.#decoding = decoding;
    this.#rules = rules;
  }

  /** Implements `RecordingReader.read`. */
  async read(
    file: SoundFile,
    signal: AbortSignal,
    longestMs = this.#rules.longestMs ?? longestRecordingMs,
  ): Promise<Pcm> {
    const standardMs = longestMs > longestRecordingMs ? longDeadlineMs : usualDeadlineMs;
    const { deadlineMs = standardMs } = this.#rules;
    const deadline = AbortSignal.timeout(deadlineMs);
    const { bytes, personId } = file;
    const isTheirSecond =
      !bytes && personId && [...this.#underWay].some((one) => one.personId === personId);
    if (this.#underWay.size >= mostAtOnce || isTheirSecond)
      throw refusals.unreachable('the limit of simultaneous recordings is reached');
    this.#underWay.add(file);
    try {
      this.#check(file, longestMs);
      return await this.#sound(file, longestMs, AbortSignal.any([signal, deadline]));
    } catch (cause) {
      signal.throwIfAborted();
      if (!deadline.aborted) throw cause;
      throw refusals.unreachable(`it did not arrive within ${deadlineMs / 1000} s`);
    } finally {
      this.#underWay.delete(file);
    }
  }

  /** Checks the claimed properties. */
  #check(
    { bytes, type, sizeBytes = bytes?.length ?? 0, durationMs = 0 }: SoundFile,
    longestMs: number,
  ): void {
    const mostBytes = this.#mostBytes;
    if (!bytes && !mayBeSound(type)) throw refusals.notAudio("its media type is not a sound's");
    if (sizeBytes > mostBytes) throw refusals.tooBig(mostBytes);
    if (durationMs > longestMs) throw refusals.tooLong(longestMs);
  }

  async #sound(
    { bytes: here, url }: SoundFile,
    longestMs: number,
    signal: AbortSignal,
  ): Promise<Pcm> {
    const mostBytes = this.#mostBytes;
    const bytes = here ? piecesOf(here) : fetchSource(url, { ...this.#rules, mostBytes }, signal);
    const pieces: Int16Array[] = [];
    let length = 0;
    for await (const { samples } of this.#decoding.play(bytes, { want: listenRateHz }, signal)) {
      length += samples.length;
      if (length > (longestMs / 1000) * listenRateHz) throw refusals.tooLong(longestMs);
      pieces.push(samples);
    }
    return { samples: joinSamples(pieces), rateHz: listenRateHz, channels: 1 };
  }

  get #mostBytes(): number {
    return this.#rules.mostBytes ?? usualMostBytes;
  }
}

/** Bytes in pieces as they would arrive: with many at once the decoder's limits would not apply. */
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
