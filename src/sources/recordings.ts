import { durationMs, joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import type { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { fetchSource, mayBeSound } from '#src/sources/fetch/fetch.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';

/** A file on another server, with its claimed properties, which may be wrong. */
export type SoundFile = {
  readonly url: string;
  /** The content, where it came with the request: then nothing is fetched. */
  readonly bytes?: Uint8Array;
  readonly name: string;
  /** Media type, written as in a Content-Type header. */
  readonly type?: string;
  readonly sizeBytes?: number;
  readonly durationMs?: number;
  /** Id of the sender: only one file of each sender is read at a time. */
  readonly personId?: string;
};

export type RecordingRules = {
  readonly allowed: AllowedHosts;
  /** Longest time from the first request to the last sample, in ms. */
  readonly deadlineMs?: number;
};

/** Longest recording, in ms; longer than any explanation. */
export const longestRecordingMs = 120_000;
/** Deadline, in ms, of sound that may be longer than that. */
const longDeadlineMs = 60_000;
/** Two minutes of studio sound: 16 bit, stereo, 48 kHz, and a third more. */
const mostBytes = 32 * 1024 * 1024;
const usualDeadlineMs = 20_000;
/** Recordings at once; each takes up to 4 MB until it is recognised. */
const mostAtOnce = 4;

/** Fetches recordings and decodes them for recognition. Nothing of them is kept. */
export class Recordings {
  readonly #decoding: Decoding;
  readonly #rules: RecordingRules;
  readonly #underWay = new Set<SoundFile>();

  constructor(decoding: Decoding, rules: RecordingRules) {
    this.#decoding = decoding;
    this.#rules = rules;
  }

  /**
   * The sound of a file, 16 kHz mono and at most `longestMs` long.
   *
   * Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`.
   */
  async read(file: SoundFile, signal: AbortSignal, longestMs = longestRecordingMs): Promise<Pcm> {
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
      check(file, longestMs);
      return await this.#sound(file, longestMs, AbortSignal.any([signal, deadline]));
    } catch (cause) {
      signal.throwIfAborted();
      if (!deadline.aborted) throw cause;
      throw refusals.unreachable(`it did not arrive within ${deadlineMs / 1000} s`);
    } finally {
      this.#underWay.delete(file);
    }
  }

  async #sound({ bytes, url }: SoundFile, longestMs: number, signal: AbortSignal): Promise<Pcm> {
    const { allowed } = this.#rules;
    const all = bytes ? [bytes] : fetchSource(url, { allowed, mostBytes }, signal);
    const shape = { rateHz: listenRateHz, channels: 1 } as const;
    const pieces: Int16Array[] = [];
    let leftMs = longestMs;
    for await (const pcm of this.#decoding.play(all, shape, signal)) {
      leftMs -= durationMs(pcm);
      if (leftMs < 0) throw refusals.tooLong(longestMs);
      pieces.push(pcm.samples);
    }
    return { ...shape, samples: joinSamples(pieces) };
  }
}

/** Checks the claimed properties. */
function check(
  { bytes, type, sizeBytes = bytes?.length ?? 0, durationMs = 0 }: SoundFile,
  longestMs: number,
): void {
  if (!bytes && !mayBeSound(type)) throw refusals.notAudio("its media type is not a sound's");
  if (sizeBytes > mostBytes) throw refusals.tooBig(mostBytes);
  if (durationMs > longestMs) throw refusals.tooLong(longestMs);
}
