import { setImmediate } from 'node:timers/promises';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
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
/** Samples of a recording that are put together at a time. */
const stepSamples = 512 * 1024;
/** Each takes up to 4 MB until it is recognised; a file that breaks one does not affect the others. */
const lanes = [1, 2, 3, 4].map((n) => `recording ${n}`);

/** Fetches recordings and decodes them for recognition. Nothing of them is kept. */
export class Recordings implements RecordingReader {
  readonly #decoding: Decoding;
  readonly #rules: RecordingRules;
  /** Lanes in use, and the senders of their recordings. */
  readonly #underWay = new Map<string, string | undefined>();

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
    const lane = lanes.find((name) => !this.#underWay.has(name));
    const isTheirSecond =
      !file.bytes && file.personId && [...this.#underWay.values()].includes(file.personId);
    if (!lane || isTheirSecond)
      throw refusals.unreachable('the limit of simultaneous recordings is reached');
    this.#underWay.set(lane, file.personId);
    try {
      this.#check(file, longestMs);
      return await this.#sound(file, lane, longestMs, AbortSignal.any([signal, deadline]));
    } catch (cause) {
      signal.throwIfAborted();
      if (!deadline.aborted) throw cause;
      throw refusals.unreachable(`it did not arrive within ${deadlineMs / 1000} s`);
    } finally {
      this.#underWay.delete(lane);
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
    { bytes: here, url, personId }: SoundFile,
    lane: string,
    longestMs: number,
    signal: AbortSignal,
  ): Promise<Pcm> {
    const decoding = this.#decoding.lane(lane, personId);
    const mostBytes = this.#mostBytes;
    const bytes = here ? piecesOf(here) : fetchSource(url, { ...this.#rules, mostBytes }, signal);
    const pieces: Int16Array[] = [];
    let length = 0;
    for await (const samples of decoding.decode(bytes, listenRateHz, signal)) {
      length += samples.length;
      if (length > (longestMs / 1000) * listenRateHz) throw refusals.tooLong(longestMs);
      pieces.push(samples);
    }
    return { samples: await joined(pieces, length), rateHz: listenRateHz, channels: 1 };
  }

  get #mostBytes(): number {
    return this.#rules.mostBytes ?? usualMostBytes;
  }
}

/** One after the other; frames of sound leave between a MB and the next. */
async function joined(pieces: readonly Int16Array[], length: number): Promise<Int16Array> {
  const all = new Int16Array(length);
  let [at, leftAt] = [0, 0];
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
    if (at - leftAt < stepSamples) continue;
    leftAt = at;
    await setImmediate();
  }
  return all;
}

/** Bytes in pieces as they would arrive: with many at once the decoder's limits would not apply. */
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
