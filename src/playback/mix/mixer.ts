import type { Frame, FrameSource } from '#src/audio/frame.ts';
import type { OpusEncoder } from '#src/audio/opus/opus.ts';
import { FrameEncoders } from './frame-encoders.ts';
import { limit } from './limiter.ts';
import { MusicMix, type MusicSource } from './music-mix.ts';
import { type Block, frameSamples, type Track } from './track.ts';

/** Frames that may wait for their confirmation, one second; the oldest then counts as never sent. */
const mostUnconfirmed = 50;

type UnconfirmedMix = { readonly heard: () => Int16Array; readonly blocks: readonly Block[] };

/** Named tracks beside the speech, and the encoder for music. */
export type WithMusic = {
  readonly tracks: MusicSource;
  readonly encoder: () => OpusEncoder;
};

/**
 * All tracks as one stream of frames. Nothing is mixed or encoded before the link asks.
 *
 * Sound of a track counts as heard once the link reports that its frame left. As long as only speech sounds it is mono at
 * the speaking rate; with music, stereo at 48 kHz.
 */
export class Mixer implements FrameSource {
  readonly #tracks: readonly Track[];
  readonly #encoders: FrameEncoders;
  readonly #music: MusicMix | undefined;
  readonly #onLeft: (samples: Int16Array, atMs: number) => void;
  readonly #unconfirmed = new Map<Frame, UnconfirmedMix>();
  #quiet = true;
  /** Sound came while quiet and has not been asked for yet. */
  #due = false;
  #wake: (() => void) | undefined;

  /**
   * `encoder` works at the speaking rate; its opener frees it. `onLeft` gets every frame that left, as it was
   * before Opus: mono at the speaking rate.
   */
  constructor(
    tracks: readonly Track[],
    encoder: OpusEncoder,
    onLeft: (samples: Int16Array, atMs: number) => void = () => undefined,
    music?: WithMusic,
  ) {
    this.#tracks = tracks;
    this.#encoders = new FrameEncoders(encoder, () => {
      if (!music) throw new Error('There is no music.');
      return music.encoder();
    });
    this.#music = music && new MusicMix(music.tracks, this.#encoders);
    this.#onLeft = onLeft;
    for (const track of tracks) track.onSound(() => this.#rouse());
    music?.tracks.onSound(() => this.#rouse());
  }

  next(): Frame | undefined {
    this.#due = false;
    const { blocks, isSpeaking } = this.#pull();
    const speech = blocks.length > 0 ? mix(blocks) : undefined;
    const mixed = this.#music ? this.#music.next(speech, isSpeaking) : this.#speak(speech);
    if (!mixed) {
      if (!this.#quiet) this.#encoders.rest();
      this.#quiet = true;
      return undefined;
    }
    this.#quiet = false;
    this.#remember(mixed.frame, { heard: mixed.heard, blocks });
    return mixed.frame;
  }

  /** Inaudible music still plays. */
  get isIdle(): boolean {
    return !this.#due && !this.#music?.isMoving;
  }

  left(frame: Frame, atMs: number): void {
    const unconfirmed = this.#unconfirmed.get(frame);
    if (!unconfirmed) return;
    this.#unconfirmed.delete(frame);
    this.#onLeft(unconfirmed.heard(), atMs);
    for (const block of unconfirmed.blocks) block.left(atMs);
  }

  /** `wake` is called once whenever there is something again after `next` had nothing. Replaces the former one. */
  onSound(wake: () => void): void {
    this.#wake = wake;
    if (this.#due) wake();
  }

  /** Frees only encoders that it opened itself. */
  free(): void {
    this.#encoders.free();
  }

  #pull(): { readonly blocks: readonly Block[]; readonly isSpeaking: boolean } {
    const blocks: Block[] = [];
    let isSpeaking = false;
    for (const track of this.#tracks) {
      const block = track.pull();
      if (!block) continue;
      blocks.push(block);
      isSpeaking ||= track.name === 'voice';
    }
    return { blocks, isSpeaking };
  }

  #speak(speech: Int16Array | undefined) {
    return speech && { frame: this.#encoders.mono(speech), heard: () => speech };
  }

  #rouse(): void {
    if (!this.#quiet || this.#due) return;
    this.#due = true;
    this.#wake?.();
  }

  #remember(frame: Frame, unconfirmed: UnconfirmedMix): void {
    this.#unconfirmed.set(frame, unconfirmed);
    if (this.#unconfirmed.size <= mostUnconfirmed) return;
    const [oldest] = this.#unconfirmed.keys();
    if (oldest) this.#unconfirmed.delete(oldest);
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
