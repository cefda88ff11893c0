import type { SoundChunk, SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import type { DecodePlan } from './decode-messages.ts';
import type { DecodingLane } from './decoding-lane.ts';
import { isDisplaced } from './decoding-thread.ts';
import { type FfmpegOptions, type FfmpegPlan, throughFfmpeg } from './ffmpeg.ts';
import type { Flow } from './flow.ts';
import { refusals } from './refusals.ts';
import type { SoundBytes } from './sound-bytes.ts';

/** Where reading begins to get to a place: bytes that go before, a byte of the file, and what is still to be left out. */
export type Jump = {
  readonly before: readonly Uint8Array[];
  readonly fromByte: number;
  readonly plan: DecodePlan;
};

export type Sound = {
  readonly title: string;
  readonly bytes: SoundBytes;
  readonly decoding: DecodingLane;
  readonly lengthMs: number | undefined;
  readonly longestMs: number;
  /** What was read to see what it is; for the first who listens. */
  readonly begun: { readonly pieces: readonly Uint8Array[]; readonly flow: Flow } | undefined;
  /** In place of our decoders. */
  readonly ffmpeg?: FfmpegOptions & Pick<FfmpegPlan, 'demuxer'>;
  readonly jump: (fromMs: number, signal: AbortSignal) => Promise<Jump>;
};

/** So often another file may take its decoder down before it gives up. */
const mostDisplacements = 3;

/** A sound that was looked at and may be played, from anywhere if it does not come only once. */
export class OpenedSound implements SoundSource {
  readonly title: string;
  readonly lengthMs?: number;
  readonly seekable: boolean;
  readonly #sound: Sound;
  readonly #taken = new AbortController();
  #begun: Sound['begun'];

  constructor(sound: Sound) {
    this.#sound = sound;
    this.#begun = sound.begun;
    this.title = sound.title;
    this.seekable = sound.bytes.jumps !== 'never';
    if (sound.lengthMs !== undefined) this.lengthMs = sound.lengthMs;
  }

  async *open(fromMs: number, signal: AbortSignal): AsyncGenerator<SoundChunk> {
    const { lengthMs = Number.POSITIVE_INFINITY } = this;
    const place = { atMs: this.seekable ? Math.max(0, fromMs) : 0 };
    if (place.atMs >= lengthMs) return;
    for (let displacements = 0; ; displacements++) {
      try {
        return yield* this.#on(place, signal);
      } catch (error) {
        const isOver = !this.seekable || displacements >= mostDisplacements;
        if (isOver || !isDisplaced(error)) throw error;
      }
    }
  }

  /** The bytes that were read ahead wait so long for the first who listens. */
  keep(ms: number, clock: Clock): void {
    if (!this.seekable) return;
    clock.sleep(ms, this.#taken.signal).then(
      () => this.#begun?.flow.close(),
      () => undefined, // somebody listens
    );
  }

  /** Moves `place` along. */
  async *#on(place: { atMs: number }, signal: AbortSignal): AsyncGenerator<SoundChunk> {
    const { longestMs } = this.#sound;
    for await (const chunk of this.#from(place.atMs, signal)) {
      place.atMs += chunkMs(chunk);
      if (place.atMs > longestMs) throw refusals.tooLong(longestMs);
      yield chunk;
    }
  }

  async *#from(atMs: number, signal: AbortSignal): AsyncGenerator<SoundChunk> {
    const { bytes, decoding, ffmpeg, jump } = this.#sound;
    const { before, fromByte, plan } = await jump(atMs, signal);
    const isFromStart = fromByte === 0 && before.length === 0;
    const begun = isFromStart && !this.#begun?.flow.isClosed ? this.#begun : undefined;
    if (!begun) this.#begun?.flow.close();
    this.#begun = undefined;
    this.#taken.abort();
    const { pieces, flow } = begun ?? { pieces: before, flow: bytes.from(fromByte) };
    const all = flow.all(pieces, signal);
    const chunks = ffmpeg
      ? throughFfmpeg(all, { ...ffmpeg, skipMs: plan.skipMs ?? 0 }, ffmpeg, signal)
      : decoding.play(all, plan, signal);
    for await (const chunk of chunks) {
      flow.earn(chunkMs(chunk));
      yield chunk;
    }
  }
}

function chunkMs(chunk: SoundChunk): number {
  if (chunk.kind === 'opus') return chunk.samples / 48;
  return (chunk.pcm.samples.length / chunk.pcm.channels / chunk.pcm.rateHz) * 1000;
}
