import type { Frame, FrameSource } from '#src/audio/frame.ts';
import type { OpusEncoder } from '#src/audio/opus/opus.ts';
import { FrameEncoders } from './frame-encoders.ts';
import { limit } from './limiter.ts';
import { MusicLimiter } from './music-limiter.ts';
import { type Block, frameSamples, type Track } from './track.ts';
import { WideSpeech } from './wide-speech.ts';

/** Frames that may wait for their confirmation, one second; the oldest then counts as never sent. */
const mostUnconfirmed = 50;

type UnconfirmedMix = { readonly heard: () => Int16Array; readonly blocks: readonly Block[] };

/** Named tracks as the mixer sees them. */
export interface MusicSource {
  /** The next 20 ms of all of them, or undefined while they are silent. */
  pull(isSpeaking: boolean): Float32Array | undefined;
  /** A `pull` would move something on, whether or not it can be heard. */
  readonly isMoving: boolean;
  /** Replaces the former listener, called whenever `pull` may have something again. */
  onSound(listener: () => void): void;
}

/** A frame, and its audible sound, mono at the speaking rate. */
type MixedFrame = { readonly frame: Frame; readonly heard: () => Int16Array };

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
  readonly #music: MusicSource;
  readonly #limiter = new MusicLimiter();
  readonly #speech = new WideSpeech();
  readonly #onLeft: (samples: Int16Array, atMs: number) => void;
  readonly #unconfirmed = new Map<Frame, UnconfirmedMix>();
  #quiet = true;
  /** The latest frame was stereo. */
  #isWide = false;
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
    onLeft: (samples: Int16Array, atMs: number) => void,
    music: WithMusic,
  ) {
    this.#tracks = tracks;
    this.#encoders = new FrameEncoders(encoder, music.encoder);
    this.#music = music.tracks;
    this.#onLeft = onLeft;
    for (const track of [...tracks, music.tracks]) track.onSound(() => this.#rouse());
  }

  next(): Frame | undefined {
    this.#due = false;
    const { blocks, isSpeaking } = this.#pull();
    const speech = blocks.length > 0 ? mix(blocks) : undefined;
    const music = this.#music.pull(isSpeaking);
    if (!speech && !music) return this.#rest();
    this.#quiet = false;
    const isNarrow = speech && !music && !this.#isWide;
    const { frame, heard } = isNarrow ? this.#narrow(speech) : this.#wide(speech, music);
    this.#remember(frame, { heard, blocks });
    return frame;
  }

  /** Inaudible music still plays. */
  get isIdle(): boolean {
    return !this.#due && !this.#music.isMoving;
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

  #rest(): undefined {
    if (!this.#quiet) this.#encoders.rest();
    this.#quiet = true;
    this.#speech.forget();
    this.#isWide = false;
  }

  #narrow(speech: Int16Array): MixedFrame {
    this.#speech.keep(speech);
    return { frame: this.#encoders.mono(speech), heard: () => speech };
  }

  #wide(speech: Int16Array | undefined, music: Float32Array | undefined): MixedFrame {
    const isFirst = !this.#isWide;
    this.#isWide = true;
    const wide = this.#speech.widen(speech);
    const sum = music ?? new Float32Array(4 * frameSamples);
    if (wide) addToBoth(sum, wide);
    const samples = this.#limiter.limit(sum);
    const before = isFirst ? () => this.#speech.before() : undefined;
    return { frame: this.#encoders.stereo(samples, before), heard: () => narrowed(samples) };
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

function addToBoth(sum: Float32Array, one: Int16Array): void {
  for (let n = 0; n < one.length; n++) {
    sum[2 * n] = (sum[2 * n] ?? 0) + (one[n] ?? 0);
    sum[2 * n + 1] = (sum[2 * n + 1] ?? 0) + (one[n] ?? 0);
  }
}

/** Half the rate, one channel: good enough to know an echo by. */
function narrowed(samples: Int16Array): Int16Array {
  const narrow = new Int16Array(frameSamples);
  for (let n = 0, at = 0; n < frameSamples; n++, at += 4) {
    const first = (samples[at] ?? 0) + (samples[at + 1] ?? 0);
    const second = (samples[at + 2] ?? 0) + (samples[at + 3] ?? 0);
    narrow[n] = (first + second) / 4;
  }
  return narrow;
}
