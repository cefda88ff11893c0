import type { SoundSource } from '#src/audio/sound-source.ts';
import type { PumpParts } from './source-pump.ts';
import { type TrackEvent, TrackNews } from './track-events.ts';
import {
  type CancelReason,
  type ItemOptions,
  type LoopOutcome,
  PlayedItem,
  type SeekOutcome,
  type TrackItem,
} from './track-item.ts';
import { trackKey } from './track-name.ts';
import type { AddItemResult, SkipOutcome, StopOutcome, TrackView } from './track-outcomes.ts';
import { type PullResult, TrackPlayer } from './track-player.ts';
import { longestQueue, TrackQueue } from './track-queue.ts';
import { TrackVolume } from './track-volume.ts';

/** One name, its current item, and its queue. */
export class NamedTrack {
  /** Name in the spelling of the first use. */
  readonly name: string;
  /** The name as it is compared. */
  readonly key: string;
  readonly #parts: PumpParts;
  readonly #news: TrackNews;
  readonly #queue: TrackQueue;
  readonly #player: TrackPlayer;
  readonly #volume = new TrackVolume();
  #isPaused = false;
  /** All tracks are. */
  #isHeld = false;

  /** `report` is also called when there may be sound again. */
  constructor(name: string, parts: PumpParts, report: (event: TrackEvent) => void) {
    this.name = name;
    this.key = trackKey(name);
    this.#parts = parts;
    this.#news = new TrackNews(name, report);
    this.#queue = new TrackQueue((item, ended) => {
      this.#news.ended(item, ended);
    });
    this.#player = new TrackPlayer(this.#queue);
  }

  /** Whether there is no current and no queued item. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  get view(): TrackView {
    const { now, waiting } = this.#queue;
    const { percent, isMuted } = this.#volume;
    return { name: this.name, percent, isPaused: this.#isPaused, isMuted, now, waiting };
  }

  /** Adds an item at the end of the queue. */
  enqueue(source: SoundSource, options: ItemOptions = {}): AddItemResult {
    return this.#add(source, options, false);
  }

  /** Adds an item at the head of the queue. */
  next(source: SoundSource, options: ItemOptions = {}): AddItemResult {
    return this.#add(source, options, true);
  }

  /** Silent after a fade of 5 ms, and its source is not read. */
  pause(): void {
    this.#isPaused = true;
    this.#follow();
  }

  resume(): void {
    this.#isPaused = false;
    this.#follow();
  }

  /** Plays on without being heard. */
  mute(): void {
    this.#volume.mute(true);
    this.#news.changed();
  }

  unmute(): void {
    this.#volume.mute(false);
    this.#news.changed();
  }

  /** Sets the volume: 100 is the source's own, 0 is silence; limited to 0 to 200. Returns the volume set. */
  volume(percent: number): number {
    return this.fade(percent, 0);
  }

  /** Changes the volume like `volume`, gradually over `overMs`. */
  fade(percent: number, overMs: number): number {
    const reached = this.#volume.fade(percent, Math.max(0, overMs));
    this.#news.changed();
    return reached;
  }

  /** Cancels the current item and begins the next one. */
  skip(): SkipOutcome {
    this.#player.cut();
    const item = this.#queue.skip('skipped');
    this.#follow();
    if (!item) return { kind: 'idle' };
    return { kind: 'skipped', item, next: this.#queue.now };
  }

  /** Cancels all items; also ends a pause. */
  stop(reason: CancelReason = 'stopped'): StopOutcome {
    const isIdle = this.isIdle;
    this.#player.cut();
    const removed = this.#queue.clear(reason);
    const item = this.#queue.skip(reason);
    this.#isPaused = false;
    this.#follow();
    return isIdle ? { kind: 'idle' } : { kind: 'stopped', item, removed };
  }

  /** Cancels one item that waits; false where it does not wait any more. */
  remove(item: TrackItem): boolean {
    const isRemoved = this.#queue.remove(item);
    if (isRemoved) this.#follow();
    return isRemoved;
  }

  /** Moves the current item there. */
  seek(toMs: number): SeekOutcome {
    const sought = this.#queue.now?.seek(toMs, () => this.#player.cut());
    if (sought?.kind === 'sought') this.#follow();
    return sought ?? { kind: 'idle' };
  }

  /** Repeats the current item, or lets it play on to its end. */
  loop(on: boolean): LoopOutcome {
    const looped = this.#queue.now?.loop(on);
    this.#news.changed();
    return looped ?? { kind: 'idle' };
  }

  /** For the mixer: pauses the track with all others, or ends that. */
  hold(on: boolean): void {
    this.#isHeld = on;
    this.#follow();
  }

  /** For the mixer: another link listens. */
  startOver(): void {
    this.#player.startOver();
  }

  /** For the mixer: ends everything, for good. */
  close(): void {
    this.stop('closed');
  }

  /** For the mixer: whether a pull would give sound. */
  get isReady(): boolean {
    return this.#player.isReady;
  }

  /** For the mixer: fills `raw` with the next 20 ms; a packet only where its sound is exactly that. */
  pull(raw: Float32Array): PullResult {
    const pulled = this.#player.pull(raw);
    this.#news.began(this.#queue.now);
    const { isPlain } = this.#volume;
    const sounds = this.#volume.apply(raw, pulled.sounds);
    return { sounds, packet: isPlain ? pulled.packet : undefined };
  }

  #add(source: SoundSource, options: ItemOptions, isFirst: boolean): AddItemResult {
    if (this.#queue.isFull) return { kind: 'full', limit: longestQueue };
    const item = new PlayedItem(source, options, this.#parts, () => this.#news.changed());
    const place = this.#queue.add(item, isFirst);
    this.#follow();
    return place === 0 ? { kind: 'playing', item } : { kind: 'queued', item, place };
  }

  /** Plays, or keeps still, as it is now meant to. */
  #follow(): void {
    const isStill = this.#isPaused || this.#isHeld;
    this.#player.hold(isStill);
    if (!isStill) this.#queue.now?.open();
    this.#news.changed();
  }
}
