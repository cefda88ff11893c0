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
import type { ItemAdded, SkipOutcome, StopOutcome, TrackView } from './track-outcomes.ts';
import { type PullResult, TrackPlayer } from './track-player.ts';
import { longestQueue, TrackQueue } from './track-queue.ts';
import { TrackVolume } from './track-volume.ts';

/** One name, what plays under it, and what comes after that. */
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

  /** `tell` is also called when there may be something to hear again. */
  constructor(name: string, parts: PumpParts, tell: (event: TrackEvent) => void) {
    this.name = name;
    this.key = trackKey(name);
    this.#parts = parts;
    this.#news = new TrackNews(name, tell);
    this.#queue = new TrackQueue((item, ended) => {
      this.#news.ended(item, ended);
    });
    this.#player = new TrackPlayer(this.#queue);
  }

  /** Nothing sounds and nothing waits. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  get view(): TrackView {
    const { now, waiting } = this.#queue;
    const { percent, isMuted } = this.#volume;
    const { starved } = this.#player;
    return { name: this.name, percent, isPaused: this.#isPaused, isMuted, now, waiting, starved };
  }

  /** At once, also on a paused track; what sounds is cancelled, what waits goes on waiting. */
  play(source: SoundSource, options: ItemOptions = {}): ItemAdded {
    const item = this.#item(source, options);
    this.#player.cut();
    const replaced = this.#queue.replace(item);
    this.#isPaused = false;
    this.#follow();
    return { kind: 'playing', item, ...(replaced && { replaced }) };
  }

  /** After all that waits. */
  enqueue(source: SoundSource, options: ItemOptions = {}): ItemAdded {
    return this.#add(source, options, false);
  }

  /** Before all that waits. */
  next(source: SoundSource, options: ItemOptions = {}): ItemAdded {
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

  /** Goes on without being heard. */
  mute(): void {
    this.#volume.mute(true);
    this.#news.changed();
  }

  unmute(): void {
    this.#volume.mute(false);
    this.#news.changed();
  }

  /** 100 is as loud as the source is, 0 is silence; beyond 200 and below 0 is taken for these. Says which it is. */
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

  /** Everything of it is cancelled; also ends a pause. */
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

  /** Moves what sounds there. */
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

  /** For the mixer: silent with all others, or not any more. */
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

  /** For the mixer: a pull would give sound. */
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

  #add(source: SoundSource, options: ItemOptions, isFirst: boolean): ItemAdded {
    if (this.#queue.isFull) return { kind: 'full', limit: longestQueue };
    const item = this.#item(source, options);
    const place = this.#queue.add(item, isFirst);
    this.#follow();
    return place === 0 ? { kind: 'playing', item } : { kind: 'queued', item, place };
  }

  #item(source: SoundSource, options: ItemOptions): PlayedItem {
    return new PlayedItem(source, options, this.#parts, () => this.#news.changed());
  }

  /** Plays, or keeps still, as it is now meant to. */
  #follow(): void {
    const isStill = this.#isPaused || this.#isHeld;
    this.#player.hold(isStill);
    if (!isStill) this.#queue.now?.open();
    this.#news.changed();
  }
}
