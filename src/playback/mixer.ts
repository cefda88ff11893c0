import type { Frame, FrameSource } from '#src/audio/frame.ts';
import type { OpusEncoder } from '#src/audio/opus.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { restEncoder } from '#src/audio/rest-encoder.ts';
import { limit } from './limiter.ts';
import { type Block, frameSamples, type Track } from './track.ts';

/** Frames that may wait for their confirmation, one second; the oldest then counts as never sent. */
const mostUnconfirmed = 50;

/**
 * All tracks as one stream of frames. Nothing is mixed or encoded before the link asks.
 *
 * What a track gave counts as heard once the link says that the frame left.
 */
export class Mixer implements FrameSource {
  readonly #tracks: readonly Track[];
  readonly #encoder: OpusEncoder;
  readonly #unconfirmed = new Map<Frame, readonly Block[]>();
  #quiet = true;
  /** Sound came while quiet and has not been asked for yet. */
  #due = false;
  #wake: (() => void) | undefined;

  /** `encoder` works at the speaking rate; whoever opened it frees it. */
  constructor(tracks: readonly Track[], encoder: OpusEncoder) {
    this.#tracks = tracks;
    this.#encoder = encoder;
    for (const track of tracks) track.onSound(() => this.#rouse());
  }

  next(): Frame | undefined {
    this.#due = false;
    const blocks = this.#tracks.map((track) => track.pull()).filter((block) => block !== undefined);
    if (blocks.length === 0) {
      if (!this.#quiet) restEncoder(this.#encoder, speakRateHz);
      this.#quiet = true;
      return undefined;
    }
    this.#quiet = false;
    const frame = this.#encoder.encode(mix(blocks));
    this.#remember(frame, blocks);
    return frame;
  }

  left(frame: Frame, atMs: number): void {
    const blocks = this.#unconfirmed.get(frame) ?? [];
    this.#unconfirmed.delete(frame);
    for (const block of blocks) block.left(atMs);
  }

  /** `wake` is called once whenever there is something again after `next` had nothing. Replaces the former one. */
  onSound(wake: () => void): void {
    this.#wake = wake;
    if (this.#due) wake();
  }

  #rouse(): void {
    if (!this.#quiet || this.#due) return;
    this.#due = true;
    this.#wake?.();
  }

  #remember(frame: Frame, blocks: readonly Block[]): void {
    this.#unconfirmed.set(frame, blocks);
    const [oldest] = this.#unconfirmed.keys();
    if (oldest && this.#unconfirmed.size > mostUnconfirmed) this.#unconfirmed.delete(oldest);
  }
}

/** One block alone cannot be too loud, and passes bit by bit. */
function mix(blocks: readonly Block[]): Int16Array {
  const [first, second] = blocks;
  if (first && !second) return first.samples;
  const sum = new Float32Array(frameSamples);
  for (const { samples } of blocks) {
    for (let n = 0; n < frameSamples; n++) sum[n] = (sum[n] ?? 0) + (samples[n] ?? 0);
  }
  return limit(sum);
}
