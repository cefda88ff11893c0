import { chunkMs, type SoundChunk } from '#src/audio/sound-source.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import { type DecodingProcess, isDisplaced } from '#src/sources/decoding-process.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import type { DecodePlan, FeedResult } from './decode-messages.ts';
import type { DecodedRateHz } from './decoder.ts';
import type { Inspect, Inspection, InspectionResult } from './inspection.ts';
import type { SoundTags } from './tags.ts';

/** A process while it decodes a file for a lane. */
export type ProcessLease = Disposable & { readonly process: DecodingProcess };

/**
 * Bytes given at a time: about `soundMs` of sound, since each exchange costs as much as the mixing of half a second. More
 * at a time would let one file keep the others waiting.
 */
const feeds = { leastBytes: 8 * 1024, mostBytes: 64 * 1024, soundMs: 400 } as const;
/** Processes tried for one inspection, where other files of the lane end them. */
const mostTries = 3;

export type LaneParts = {
  /** Errors: BotError `source.blocked`. */
  readonly enter: () => ProcessLease;
  /** A file could not be decoded. */
  readonly failed: (error: unknown) => void;
};

/** Decodes files that share one process: a file that breaks it disturbs the other files of the lane, and no other lane. */
export class DecodingLane {
  readonly #parts: LaneParts;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** Plays like `play`, but as one channel at `rateHz`. */
  async *decode(
    bytes: AsyncIterable<Uint8Array>,
    rateHz: DecodedRateHz,
    signal: AbortSignal,
  ): AsyncGenerator<Int16Array> {
    const plan: DecodePlan = { want: { kind: 'mono', rateHz } };
    for await (const chunk of this.play(bytes, plan, signal)) {
      if (chunk.kind === 'pcm') yield chunk.pcm.samples;
    }
  }

  /**
   * Sound in pieces of at most about a second, decoded as it is read; the first bytes decide the format.
   *
   * A file that was cut short gives its remaining sound. Errors: BotError `source.not_audio`, one that `isDisplaced`, and
   * those of `bytes`. Aborting `signal` throws `signal.reason`; stopping early stops reading `bytes`.
   */
  async *play(
    bytes: AsyncIterable<Uint8Array>,
    plan: DecodePlan,
    signal: AbortSignal,
  ): AsyncGenerator<SoundChunk> {
    using lease = this.#parts.enter();
    const { process } = lease;
    const id = process.open(plan);
    const size: FeedSize = { bytes: feeds.leastBytes };
    let hasSound = false;
    try {
      for await (const { piece, isLast } of feedsOf(bytes, size)) {
        let ms = 0;
        for (
          let rest: FeedResult | undefined, left = piece;
          !rest || rest.hasMore;
          left = nothing
        ) {
          signal.throwIfAborted();
          rest = await unlessAborted(process.feed(id, left, isLast), signal);
          hasSound ||= rest.hasSound;
          ms += rest.chunks.reduce((sum, chunk) => sum + chunkMs(chunk), 0);
          for (const chunk of rest.chunks) {
            signal.throwIfAborted();
            yield chunk;
          }
        }
        if (ms > 0) size.bytes = sizeFor(piece.length / ms);
      }
      if (!hasSound) throw refusals.notAudio('it contains no sound');
    } catch (error) {
      this.#parts.failed(error);
      throw error;
    } finally {
      process.close(id);
    }
  }

  /** Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`. */
  readonly inspect: Inspect = async <Kind extends Inspection['kind']>(
    inspection: Extract<Inspection, { kind: Kind }>,
    signal: AbortSignal,
  ) => {
    const answer = await this.#inspect(inspection, signal);
    if (!isAnswerTo(inspection, answer))
      throw new Error('The decoding process answered another inspection.');
    return answer;
  };

  /** Tags of a file of the owner's. Errors and abort: as `inspect`. */
  async readTags(path: string, signal: AbortSignal): Promise<SoundTags> {
    return (await this.inspect({ kind: 'tags', path }, signal)).tags;
  }

  async #inspect(inspection: Inspection, signal: AbortSignal): Promise<InspectionResult> {
    for (let tries = 1; ; tries++) {
      using lease = this.#parts.enter();
      try {
        return await unlessAborted(lease.process.inspect(inspection), signal);
      } catch (error) {
        this.#parts.failed(error);
        if (tries >= mostTries || !isDisplaced(error)) throw error;
      }
    }
  }
}

function isAnswerTo<Kind extends Inspection['kind']>(
  { kind }: Extract<Inspection, { kind: Kind }>,
  answer: InspectionResult,
): answer is Extract<InspectionResult, { kind: Kind }> {
  return answer.kind === kind;
}

const nothing = new Uint8Array(0);

type Feed = { readonly piece: Uint8Array; readonly isLast: boolean };
type FeedSize = { bytes: number };

/** Pieces of at most the bytes that `size` holds at each request. */
async function* feedsOf(bytes: AsyncIterable<Uint8Array>, size: FeedSize): AsyncGenerator<Feed> {
  for await (const some of bytes) {
    for (let from = 0, to = 0; from < some.length; from = to) {
      to = from + size.bytes;
      yield { piece: some.subarray(from, to), isLast: false };
    }
  }
  yield { piece: nothing, isLast: true };
}

function sizeFor(bytesPerMs: number): number {
  const { leastBytes, mostBytes, soundMs } = feeds;
  return Math.max(leastBytes, Math.min(mostBytes, Math.round(soundMs * bytesPerMs)));
}
