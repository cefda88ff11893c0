import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { Levelling, type Loudness } from '#src/playback/mix/levelling.ts';
import { Pump } from './source-pump.ts';

/**
 * End of an item; exactly one each.
 *
 * `completed`: all of it was taken by the link. `skipped`: it alone was skipped or removed. `stopped`: it ended
 * with its whole track, `closed`: with all tracks. `failed`: its source broke, before or after its first sound, gave no
 * sound at all, or nothing for 8 s.
 */
export type ItemEnd =
  | { readonly reason: 'completed' | CancelReason }
  | { readonly reason: 'failed'; readonly error: BotError };

/** Why an item ends before its source does. */
export type CancelReason = 'skipped' | 'stopped' | 'closed';

/** Where a sound can be had again. */
export type SoundOrigin =
  | { readonly kind: 'library'; readonly name: string }
  | { readonly kind: 'link'; readonly url: string; readonly type?: string };

/** Whose sounds these are; nobody's once that person was forgotten. */
export type SoundOwner = { person: { readonly id: string; readonly name: string } | undefined };

/** Fixed properties of an item. */
export type ItemOptions = {
  /** Start position in ms; ignored where the source cannot be sought. */
  readonly fromMs?: number;
  /** Ignored where the source comes only once. */
  readonly isLooping?: boolean;
  /** Before all that wait. */
  readonly isNext?: boolean;
  /** Loudness for levelling it to other sounds; left out: its own loudness is kept. */
  readonly loudness?: Loudness;
  readonly owner?: SoundOwner;
  /** Left out for what is not to outlive the process: words that are spoken are stored nowhere. */
  readonly origin?: SoundOrigin;
};

/** One sound on a track: the current one, or a queued one. */
export class TrackItem {
  readonly source: SoundSource;
  readonly origin: SoundOrigin | undefined;
  readonly id = crypto.randomUUID();
  readonly #clock: Clock;
  readonly #owner: SoundOwner | undefined;
  readonly #onChange: () => void;
  readonly #done = Promise.withResolvers<ItemEnd>();
  /** Settles once and never rejects. */
  readonly ended = this.#done.promise;
  readonly #levelling: Levelling | undefined;
  #isLooping: boolean;
  #fromMs: number;
  #pump: Pump | undefined;
  /** A sound of it was taken, or it is known to have had one. */
  #sounded = false;
  #isOver = false;

  /** `onChange` is called when it may have become ready. */
  constructor(source: SoundSource, options: ItemOptions, clock: Clock, onChange: () => void) {
    const { fromMs = 0, isLooping = false, loudness, origin, owner } = options;
    this.source = source;
    this.origin = origin;
    this.#owner = owner;
    this.#fromMs = source.seekable ? Math.max(0, fromMs) : 0;
    this.#sounded = this.#fromMs > 0;
    this.#isLooping = source.seekable && isLooping;
    this.#levelling = loudness === undefined ? undefined : new Levelling(loudness);
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get owner(): SoundOwner['person'] {
    return this.#owner?.person;
  }

  get isLooping(): boolean {
    return this.#isLooping;
  }

  /** Position of the sound the link took last, in ms; the start position before that. */
  get positionMs(): number {
    return this.#pump?.positionMs ?? this.#fromMs;
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

  /** Samples of one channel that are here without a gap. */
  get rest(): number {
    return this.#pump?.length ?? 0;
  }

  /** Begins to read, or continues, so that it can sound when its turn comes. */
  open(): void {
    if (this.#isOver) return;
    this.#pump ??= new Pump(this.source, this.#clock, {
      fromMs: this.#fromMs,
      isLooping: this.#isLooping,
      changed: this.#onChange,
      read: (samples) => this.#levelling?.measure(samples),
    });
    this.#pump.hold(false);
  }

  /** Stops reading from the source until it is opened again. */
  hold(): void {
    this.#pump?.hold(true);
  }

  /** Round and round, or to its end; only of a source that can be sought. */
  loop(on: boolean): void {
    this.#isLooping = on;
    this.#pump?.loop(on);
  }

  /** Goes on from there with a new reading of its source, once it is opened; only of one that can be sought. */
  seek(toMs: number): void {
    this.#pump?.close();
    this.#pump = undefined;
    this.#fromMs = toMs;
    this.#sounded = true;
  }

  /** Takes samples as `Pump.take` does. */
  take(into: Float32Array, at: number): number {
    const count = this.#pump?.take(into, at) ?? 0;
    this.#levelling?.apply(into.subarray(2 * at, 2 * (at + count)));
    if (count > 0) this.#sounded = true;
    return count;
  }

  peek(into: Float32Array): void {
    this.#pump?.peek(into);
    this.#levelling?.preview(into);
  }

  /** Reports that the item should have gone on and had no sound. */
  starve(): void {
    this.#pump?.starve();
  }

  /** Ends as its source did, or for a reason of its own. */
  end(reason?: CancelReason): ItemEnd {
    const ended = reason ? { reason } : this.#endOfSource();
    this.#isOver = true;
    this.#pump?.close();
    this.#done.resolve(ended);
    return ended;
  }

  #endOfSource(): ItemEnd {
    const { cause } = this.#pump?.end ?? {};
    if (cause instanceof BotError) return { reason: 'failed', error: cause };
    if (cause !== undefined) {
      const error = new BotError('source.broken', false, 'The source of a sound failed.', cause);
      return { reason: 'failed', error };
    }
    if (this.#sounded) return { reason: 'completed' };
    const error = new BotError('source.not_audio', false, 'The source of a sound gave none.');
    return { reason: 'failed', error };
  }
}
