import type { Frame, FrameSource } from '#src/audio/frame.ts';
import type { OpusEncoder } from '#src/audio/opus.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { restEncoder } from '#src/audio/rest-encoder.ts';
import { limit } from './limiter.ts';
import { type Block, frameSamples, type Track } from './track.ts';

/** Frames that may wait for their confirmation, one second; the oldest then counts as never sent. */
const mostUnconfirmed = 50;

type Unconfirmed = { readonly samples: Int16Array; readonly blocks: readonly Block[] };

/**
 * All tracks as one stream of frames. Nothing is mixed or encoded before the link asks.
 *
 * What a track gave counts as heard once the link says that the frame left.
 */
export class Mixer implements FrameSource {
  readonly #tracks: readonly Track[];
  readonly #encoder: OpusEncoder;
  readonly #onLeft: (samples: Int16Array, atMs: number) => void;
  readonly #unconfirmed = new Map<Frame, Unconfirmed>();
  #quiet = true;
  /** Sound came while quiet and has not been asked for yet. */
  #due = false;
  #wake: (() => void) | undefined;

  /**
   * `encoder` works at the speaking rate; whoever opened it frees it. `onLeft` gets every frame that left, as it was
   * before Opus: mono at the speaking rate.
   */
  constructor(
    tracks: readonly Track[],
    encoder: OpusEncoder,
    onLeft: (samples: Int16Array, atMs: number) => void = () => undefined,
  ) {
    this.#tracks = tracks;
    this.#encoder = encoder;
    this.#onLeft = onLeft;
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
    const samples = mix(blocks);
    const frame = this.#encoder.encode(samples);
    this.#remember(frame, { samples, blocks });
    return frame;
  }

  left(frame: Frame, atMs: number): void {
    const unconfirmed = this.#unconfirmed.get(frame);
    if (!unconfirmed) return;
    this.#unconfirmed.delete(frame);
    this.#onLeft(unconfirmed.samples, atMs);
    for (const block of unconfirmed.blocks) block.left(atMs);
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

  #remember(frame: Frame, unconfirmed: Unconfirmed): void {
    this.#unconfirmed.set(frame, unconfirmed);
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
