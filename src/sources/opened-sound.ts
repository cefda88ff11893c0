import { chunkMs, type SoundChunk, type SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import type { DecodePlan } from '#src/sources/decode/decode-messages.ts';
import type { DecodingLane } from '#src/sources/decode/decoding-lane.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import type { ThrottledRead } from '#src/sources/fetch/throttled-read.ts';
import type { Format } from '#src/sources/formats/sniff.ts';
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
  readonly format: Format | undefined;
  /** Bytes read to detect the format; for the first reader. */
  readonly begun:
    | { readonly pieces: readonly Uint8Array[]; readonly flow: ThrottledRead }
    | undefined;
  /** Decodes in place of our decoders. */
  readonly ffmpeg?: FfmpegOptions & Pick<FfmpegPlan, 'demuxer'>;
  readonly jump: (fromMs: number, signal: AbortSignal) => Promise<SeekPlan>;
};

/** Limit of ends of its decoder in a row by other files; so much sound resets the count. */
const displacements = { most: 3, forgottenMs: 10_000 } as const;

/** A sound whose format is known, playable from any position if its bytes can be read again. */
export class OpenedSound implements SoundSource {
  readonly title: string;
  readonly lengthMs?: number;
  readonly seekable: boolean;
  readonly #sound: OpenableSound;
  readonly #taken = new AbortController();
  #begun: OpenableSound['begun'];

  constructor(sound: OpenableSound) {
    this.#sound = sound;
    this.#begun = sound.begun;
    this.title = sound.title;
    this.seekable = sound.bytes.jumps === 'any' || sound.bytes.jumps === 'again';
    if (sound.lengthMs !== undefined) this.lengthMs = sound.lengthMs;
  }

  async *open(fromMs: number, signal: AbortSignal): AsyncGenerator<SoundChunk> {
    const { lengthMs = Number.POSITIVE_INFINITY } = this;
    const place: SoundReading = { atMs: this.seekable ? Math.max(0, fromMs) : 0 };
    if (place.atMs >= lengthMs) return;
    try {
      for (let inARow = 0; ; ) {
        const fromPlaceMs = place.atMs;
        const displaced = yield* this.#untilDisplaced(place, signal);
        if (!displaced) return;
        inARow = place.atMs - fromPlaceMs >= displacements.forgottenMs ? 1 : inARow + 1;
        if (inARow > displacements.most) throw displaced;
      }
    } finally {
      place.live?.close();
    }
  }

  /** Gives the error of a decoder that another file took down. Moves `place` along. */
  async *#untilDisplaced(
    place: SoundReading,
    signal: AbortSignal,
  ): AsyncGenerator<SoundChunk, unknown> {
    try {
      yield* this.#on(place, signal);
      return undefined;
    } catch (error) {
      if (!isDisplaced(error)) throw error;
      return error;
    }
  }

  /** Keeps bytes that were read ahead for `ms`, until the first reader comes. */
  keep(ms: number, clock: Clock): void {
    if (this.#sound.bytes.jumps === 'never') return;
    clock.sleep(ms, this.#taken.signal).then(
      () => this.#begun?.flow.close(),
      () => undefined, // it has a reader
    );
  }

  /** Moves `place` along. */
  async *#on(place: SoundReading, signal: AbortSignal): AsyncGenerator<SoundChunk> {
    const { longestMs } = this.#sound;
    for await (const chunk of this.#from(place, signal)) {
      place.atMs += chunkMs(chunk);
      if (place.atMs > longestMs) throw refusals.tooLong(longestMs);
      yield chunk;
    }
  }

  async *#from(place: SoundReading, signal: AbortSignal): AsyncGenerator<SoundChunk> {
    const { decoding, ffmpeg } = this.#sound;
    const { flow, pieces, plan } = this.seekable
      ? await this.#at(place.atMs, signal)
      : await this.#live(place, signal);
    const all = this.seekable ? flow.all(pieces, signal) : flow.rest(pieces, signal);
    const chunks = ffmpeg
      ? throughFfmpeg(all, { ...ffmpeg, skipMs: plan.skipMs ?? 0 }, ffmpeg, signal)
      : decoding.play(all, plan, signal);
    for await (const chunk of chunks) {
      flow.earn(chunkMs(chunk));
      yield chunk;
    }
  }

  async #at(atMs: number, signal: AbortSignal): Promise<Beginning> {
    const { before, fromByte, plan } = await this.#sound.jump(atMs, signal);
    const begun = fromByte === 0 && before.length === 0 ? this.#take() : undefined;
    if (!begun) this.#take()?.flow.close();
    return { ...(begun ?? { pieces: before, flow: this.#sound.bytes.from(fromByte) }), plan };
  }

  /** Where it is by now; where its decoder was taken down, the same connection, with the head of the file again. */
  async #live(place: SoundReading, signal: AbortSignal): Promise<Beginning> {
    const { bytes, begun, format, jump } = this.#sound;
    const { plan } = await jump(0, signal);
    const going = place.live;
    const first = going ? undefined : this.#take();
    const flow = going ?? first?.flow ?? bytes.from(0);
    place.live = flow;
    if (!going) return { flow, pieces: first?.pieces ?? [], plan };
    // MP3 has no head: each frame describes itself
    return format === 'mp3'
      ? { flow, pieces: [], plan: { ...plan, format } }
      : { flow, pieces: begun?.pieces ?? [], plan };
  }

  /** Bytes read ahead, unless no reader came in time; for the first reader. */
  #take(): OpenableSound['begun'] {
    const begun = this.#begun?.flow.isClosed ? undefined : this.#begun;
    this.#begun = undefined;
    this.#taken.abort();
    return begun;
  }
}

/** One listener's way through a sound. */
type SoundReading = {
  atMs: number;
  /** Connection of bytes that can be read only once. */
  live?: ThrottledRead;
};

type Beginning = {
  readonly flow: ThrottledRead;
  readonly pieces: readonly Uint8Array[];
  readonly plan: DecodePlan;
};
