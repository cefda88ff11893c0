import { chunkMs, type SoundChunk, type SoundSource } from '#src/audio/sound-source.ts';
import type { DecodePlan } from '#src/sources/decode/decode-messages.ts';
import type { DecodingLane } from '#src/sources/decode/decoding-lane.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import { isDisplaced } from './decoding-process.ts';
import { type FfmpegOptions, type FfmpegPlan, throughFfmpeg } from './ffmpeg.ts';
import type { SoundBytes } from './sound-bytes.ts';

/** Start of reading for a seek: bytes that go before, a byte of the file, and sound that is still to be left out. */
export type SeekPlan = {
  readonly before: readonly Uint8Array[];
  readonly fromByte: number;
  readonly plan: DecodePlan;
};

export type OpenableSound = {
  readonly title: string;
  readonly bytes: SoundBytes;
  readonly decoding: DecodingLane;
  readonly lengthMs: number | undefined;
  readonly longestMs: number;
  /** Decodes in place of our decoders. */
  readonly ffmpeg?: FfmpegOptions & Pick<FfmpegPlan, 'demuxer'>;
  readonly jump: (fromMs: number, signal: AbortSignal) => Promise<SeekPlan>;
};

/** Limit of ends of its decoder in a row by other files; so much sound resets the count. */
const displacements = { most: 3, forgottenMs: 10_000 } as const;

/** A sound whose format is known; each reader opens its bytes anew, a live stream where it is by then. */
export class OpenedSound implements SoundSource {
  readonly title: string;
  readonly lengthMs?: number;
  readonly seekable: boolean;
  readonly #sound: OpenableSound;

  constructor(sound: OpenableSound) {
    this.#sound = sound;
    this.title = sound.title;
    this.seekable = sound.bytes.jumps !== 'live';
    if (sound.lengthMs !== undefined) this.lengthMs = sound.lengthMs;
  }

  /** Goes on where it was when another file took its decoder down. */
  async *open(fromMs: number, signal: AbortSignal): AsyncGenerator<SoundChunk> {
    const { lengthMs = Number.POSITIVE_INFINITY } = this;
    const place = { atMs: this.seekable ? Math.max(0, fromMs) : 0 };
    if (place.atMs >= lengthMs) return;
    for (let inARow = 0; ; ) {
      const begunAtMs = place.atMs;
      const displaced = yield* this.#untilDisplaced(place, signal);
      if (!displaced) return;
      inARow = place.atMs - begunAtMs >= displacements.forgottenMs ? 1 : inARow + 1;
      if (inARow > displacements.most) throw displaced;
    }
  }

  /** Moves `place` along; gives the error of a decoder that another file took down. */
  async *#untilDisplaced(
    place: { atMs: number },
    signal: AbortSignal,
  ): AsyncGenerator<SoundChunk, unknown> {
    const { longestMs } = this.#sound;
    try {
      for await (const chunk of this.#from(place.atMs, signal)) {
        place.atMs += chunkMs(chunk);
        if (place.atMs > longestMs) throw refusals.tooLong(longestMs);
        yield chunk;
      }
      return undefined;
    } catch (error) {
      if (!isDisplaced(error)) throw error;
      return error;
    }
  }

  async *#from(atMs: number, signal: AbortSignal): AsyncGenerator<SoundChunk> {
    const { bytes, decoding, ffmpeg, jump } = this.#sound;
    const { before, fromByte, plan } = await jump(this.seekable ? atMs : 0, signal);
    const flow = bytes.from(fromByte);
    const all = flow.all(before, signal);
    const chunks = ffmpeg
      ? throughFfmpeg(all, { ...ffmpeg, skipMs: plan.skipMs ?? 0 }, ffmpeg, signal)
      : decoding.play(all, plan, signal);
    for await (const chunk of chunks) {
      flow.earn(chunkMs(chunk));
      yield chunk;
    }
  }
}
