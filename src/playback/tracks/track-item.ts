import type { SoundSource } from '#src/audio/sound-source.ts';
import { BotError } from '#src/base/errors.ts';
import { Levelling, type Loudness } from '#src/playback/mix/levelling.ts';
import { Pump, type PumpEnd, type PumpParts } from './source-pump.ts';

/**
 * End of an item; exactly one each.
 *
 * `completed`: all of it was taken by the link. `skipped`: it alone was skipped or removed. `stopped`: it ended
 * with its whole track, `closed`: with all tracks. `empty`: its source ended without a sound. `failed`: its source broke
 * before the first sound. `truncated`: it broke later. `stalled`: it gave nothing for 8 s, before or after its first
 * sound.
 */
export type ItemEnd =
  | { readonly reason: 'completed' | 'empty' | 'stalled' | CancelReason }
  | { readonly reason: 'truncated' | 'failed'; readonly error: BotError };

/** Why an item ends before its source does. */
export type CancelReason = 'skipped' | 'stopped' | 'closed';

/** Fixed properties of an item. */
export type ItemOptions = {
  /** Start position in ms; ignored where the source cannot be sought. */
  readonly fromMs?: number;
  /** Ignored where the source comes only once. */
  readonly isLooping?: boolean;
  /** Loudness for levelling it to other sounds; left out: its own loudness is kept. */
  readonly loudness?: Loudness;
};

/** One sound on a track: the current one, or a queued one. */
export interface TrackItem {
  readonly source: SoundSource;
  readonly isLooping: boolean;
  /** Position of the sound the link took last, in ms; the start position before that. */
  readonly positionMs: number;
  /** Settles once and never rejects. */
  readonly ended: Promise<ItemEnd>;
}

export type SeekOutcome =
  | { readonly kind: 'sought'; readonly positionMs: number }
  | { readonly kind: 'past-end'; readonly lengthMs: number }
  /** The source comes only once, so it cannot be begun elsewhere. */
  | { readonly kind: 'unseekable' }
  | { readonly kind: 'idle' };

export type LoopOutcome =
  | { readonly kind: 'looping'; readonly on: boolean }
  | { readonly kind: 'unseekable' }
  | { readonly kind: 'idle' };

/** An item as its track plays it. */
export class PlayedItem implements TrackItem {
  readonly source: SoundSource;
  readonly #parts: PumpParts;
  readonly #onChange: () => void;
  readonly #done = Promise.withResolvers<ItemEnd>();
  readonly ended = this.#done.promise;
  readonly #levelling: Levelling | undefined;
  #isLooping: boolean;
  #fromMs: number;
  #pump: Pump | undefined;
  /** A sound of it was taken, or it is known to have had one. */
  #sounded = false;
  #isOver = false;

  /** `onChange` is called when it may have become ready. */
  constructor(source: SoundSource, options: ItemOptions, parts: PumpParts, onChange: () => void) {
    this.source = source;
    this.#fromMs = source.seekable ? Math.max(0, options.fromMs ?? 0) : 0;
    this.#sounded = this.#fromMs > 0;
    this.#isLooping = source.seekable && (options.isLooping ?? false);
    const { loudness } = options;
    this.#levelling = loudness === undefined ? undefined : new Levelling(loudness);
    this.#parts = parts;
    this.#onChange = onChange;
  }

  get isLooping(): boolean {
    return this.#isLooping;
  }

  get positionMs(): number {
    return this.#pump?.sound.positionMs ?? this.#fromMs;
  }

  /** Whether some of it was taken, or an earlier part is known to have been. */
  get hasSounded(): boolean {
    return this.#sounded;
  }

  /** A frame of it can be had now, or it is over. */
  get isReady(): boolean {
    return this.#pump?.isReady ?? false;
  }

  /** No more will come than is here. */
  get isWhole(): boolean {
    return this.#pump?.end !== undefined;
  }

  /** All of it was taken. */
  get isDrained(): boolean {
    return this.isWhole && this.rest === 0;
  }

  /** Samples of one channel that are here. */
  get rest(): number {
    return this.#pump?.sound.length ?? 0;
  }

  /** Begins to read, or continues, so that it can sound when its turn comes. */
  open(): void {
    this.#pump?.hold(false);
    if (this.#pump || this.#isOver) return;
    const { source } = this;
    const from = { fromMs: this.#fromMs, isLooping: this.#isLooping };
    this.#pump = new Pump(source, this.#parts, from, {
      changed: this.#onChange,
      read: (samples) => this.#levelling?.measure(samples),
    });
  }

  /** Stops reading from the source until it is opened again. */
  hold(): void {
    this.#pump?.hold(true);
  }

  loop(on: boolean): LoopOutcome {
    if (on && !this.source.seekable) return { kind: 'unseekable' };
    this.#isLooping = on;
    this.#pump?.loop(on);
    return { kind: 'looping', on };
  }

  /** Continues from there with a new reading of its source; `before` is called where that will be so. */
  seek(toMs: number, before: () => void): SeekOutcome {
    const { seekable, lengthMs } = this.source;
    if (!seekable) return { kind: 'unseekable' };
    const positionMs = Number.isFinite(toMs) ? Math.max(0, toMs) : 0;
    if (lengthMs !== undefined && positionMs >= lengthMs) return { kind: 'past-end', lengthMs };
    before();
    this.#pump?.close();
    this.#pump = undefined;
    this.#fromMs = positionMs;
    this.#sounded = true;
    return { kind: 'sought', positionMs };
  }

  /** The packet the next 20 ms are, where its source gave it. */
  get packet(): Uint8Array | undefined {
    return this.#levelling ? undefined : this.#pump?.sound.packet;
  }

  /** Takes samples as `StereoQueue.take` does. */
  take(into: Float32Array, at: number): number {
    const count = this.#pump?.sound.take(into, at) ?? 0;
    this.#levelling?.apply(into.subarray(2 * at, 2 * (at + count)));
    if (count > 0) this.#sounded = true;
    this.#pump?.consumed();
    return count;
  }

  peek(into: Float32Array): number {
    const count = this.#pump?.sound.peek(into) ?? 0;
    this.#levelling?.preview(into);
    return count;
  }

  /** Reports that the item should have gone on and had no sound. */
  starve(): void {
    this.#pump?.starve();
  }

  /** Ends as its source did. */
  conclude(): ItemEnd {
    return this.#settle(endOf(this.#pump?.end ?? { kind: 'ended' }, this.#sounded));
  }

  cancel(reason: CancelReason): ItemEnd {
    return this.#settle({ reason });
  }

  #settle(ended: ItemEnd): ItemEnd {
    this.#isOver = true;
    this.#pump?.close();
    this.#done.resolve(ended);
    return ended;
  }
}

function endOf(end: PumpEnd, sounded: boolean): ItemEnd {
  switch (end.kind) {
    case 'ended':
      return { reason: sounded ? 'completed' : 'empty' };
    case 'stalled':
      return { reason: 'stalled' };
    case 'broke':
      return { reason: sounded ? 'truncated' : 'failed', error: broken(end.cause) };
  }
}

function broken(cause: unknown): BotError {
  if (cause instanceof BotError) return cause;
  return new BotError('source.broken', false, 'The source of a sound failed.', cause);
}
