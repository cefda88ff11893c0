import type { SoundSource } from '#src/audio/sound-source.ts';
import { gainOf } from './gain.ts';
import { Glide } from './glide.ts';
import { type Ended, type Item, type ItemOptions, PlayedItem } from './item.ts';
import type { PumpParts } from './pump.ts';
import { musicFrame, musicPerMs, rampSamples } from './stereo.ts';
import type {
  Added,
  Looped,
  Progress,
  Skipped,
  Sought,
  Stopped,
  TrackView,
  Waited,
} from './track-outcomes.ts';
import { type Pulled, TrackPlayer } from './track-player.ts';
import { longestQueue, TrackQueue } from './track-queue.ts';
import { TrackWaits } from './track-waits.ts';

/** What happens on a track; `changed` is all that shows in its view except its position. */
export type TrackEvent =
  | { readonly kind: 'began'; readonly track: string; readonly item: Item }
  | { readonly kind: 'ended'; readonly track: string; readonly item: Item; readonly ended: Ended }
  | { readonly kind: 'changed'; readonly track: string };

/** Highest volume, in percent. */
export const loudest = 200;

/** One name, what plays under it, and what comes after that. */
export class NamedTrack {
  readonly name: string;
  readonly #parts: PumpParts;
  readonly #tell: (event: TrackEvent) => void;
  readonly #queue: TrackQueue;
  readonly #player: TrackPlayer;
  readonly #waits = new TrackWaits();
  readonly #gain = new Glide();
  readonly #ducked = new Glide();
  #percent = 100;
  #isMuted = false;
  #isPaused = false;
  /** All tracks are. */
  #isHeld = false;
  /** Whose beginning has been told. */
  #begun: PlayedItem | undefined;

  /** `tell` is also called when there may be something to hear again. */
  constructor(name: string, parts: PumpParts, tell: (event: TrackEvent) => void) {
    this.name = name;
    this.#parts = parts;
    this.#tell = tell;
    this.#queue = new TrackQueue((item, ended) => this.#told(item, ended));
    this.#player = new TrackPlayer(this.#queue);
  }

  /** Nothing sounds and nothing waits. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  get view(): TrackView {
    const { now, waiting } = this.#queue;
    const [isPaused, isMuted] = [this.#isPaused, this.#isMuted];
    const { starved } = this.#player;
    return { name: this.name, percent: this.#percent, isPaused, isMuted, now, waiting, starved };
  }

  /** Undefined while nothing plays. */
  get progress(): Progress | undefined {
    const { now: item, waiting } = this.#queue;
    if (!item) return undefined;
    const { title, lengthMs } = item.source;
    return { item, title, positionMs: item.positionMs, lengthMs, waiting: waiting.length };
  }

  /** At once, also on a paused track; what sounds is cancelled, what waits goes on waiting. */
  play(source: SoundSource, options: ItemOptions = {}): Added {
    const item = this.#item(source, options);
    this.#player.cut();
    const replaced = this.#queue.replace(item);
    if (replaced) this.#waits.settle('replaced');
    this.#isPaused = false;
    this.#follow();
    return { kind: 'playing', item, ...(replaced && { replaced }) };
  }

  /** After all that waits. */
  enqueue(source: SoundSource, options: ItemOptions = {}): Added {
    return this.#add(source, options, false);
  }

  /** Before all that waits. */
  next(source: SoundSource, options: ItemOptions = {}): Added {
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
    this.#isMuted = true;
    this.#turn(0);
  }

  unmute(): void {
    this.#isMuted = false;
    this.#turn(0);
  }

  /** 100 is as loud as the source is, 0 is silence; beyond 200 and below 0 is taken for these. Says which it is. */
  volume(percent: number): number {
    return this.fade(percent, 0);
  }

  /** The same, reached after `overMs`. */
  fade(percent: number, overMs: number): number {
    if (Number.isFinite(percent)) this.#percent = Math.max(0, Math.min(loudest, percent));
    this.#turn(Math.max(0, overMs) * musicPerMs);
    return this.#percent;
  }

  /** Grows `db` quieter than its volume; 0 dB takes that back. */
  duck(db: number, overMs = 80): void {
    this.#ducked.to(gainOf(-Math.abs(db)), Math.max(overMs * musicPerMs, rampSamples));
  }

  /** What sounds is cancelled, the next one begins. */
  skip(): Skipped {
    this.#player.cut();
    const item = this.#queue.skip();
    this.#follow();
    if (!item) return { kind: 'idle' };
    return { kind: 'skipped', item, next: this.#queue.now };
  }

  /** Everything of it is cancelled; also ends a pause. */
  stop(): Stopped {
    return this.#stop('stopped');
  }

  /** What waits is cancelled; says how many these were. */
  clear(): number {
    const removed = this.#queue.clear();
    this.#changed();
    return removed;
  }

  /** Moves what sounds there. */
  seek(toMs: number): Sought {
    const { now } = this.#queue;
    if (!now) return { kind: 'idle' };
    const { seekable, lengthMs } = now.source;
    if (!seekable) return { kind: 'unseekable' };
    const positionMs = Number.isFinite(toMs) ? Math.max(0, toMs) : 0;
    if (lengthMs !== undefined && positionMs >= lengthMs) return { kind: 'past-end', lengthMs };
    this.#player.cut();
    now.seek(positionMs);
    this.#follow();
    return { kind: 'sought', positionMs };
  }

  /** What sounds comes again and again, or plays on to its end. */
  loop(on: boolean): Looped {
    const { now } = this.#queue;
    if (!now) return { kind: 'idle' };
    if (on && !now.source.seekable) return { kind: 'unseekable' };
    now.loop(on);
    this.#changed();
    return { kind: 'looping', on };
  }

  /** Until nothing is left to play. Aborting `signal` throws `signal.reason`. */
  async wait(signal: AbortSignal): Promise<Waited> {
    return this.isIdle ? 'idle' : await this.#waits.wait(signal);
  }

  /** For the mixer: silent with all others, or not any more. */
  hold(on: boolean): void {
    this.#isHeld = on;
    this.#follow();
  }

  /** For the mixer: ends everything, for good. */
  close(why: 'removed' | 'closed'): void {
    this.#stop(why);
  }

  /** For the mixer: a pull would give sound. */
  get isReady(): boolean {
    return this.#player.isReady;
  }

  /** For the mixer: fills `raw` with the next 20 ms; a packet only where its sound is exactly that. */
  pull(raw: Float32Array): Pulled {
    const pulled = this.#player.pull(raw);
    this.#tellBegin();
    const isPlain = this.#gain.steady === 1 && this.#ducked.steady === 1;
    const sounds = pulled.sounds && this.#gain.steady !== 0;
    for (const glide of [this.#gain, this.#ducked]) {
      if (sounds) glide.apply(raw);
      else glide.pass(musicFrame);
    }
    return { sounds, packet: isPlain ? pulled.packet : undefined };
  }
  #add(source: SoundSource, options: ItemOptions, isFirst: boolean): Added {
    if (this.#queue.isFull) return { kind: 'full', limit: longestQueue };
    const item = this.#item(source, options);
    const place = this.#queue.add(item, isFirst);
    this.#follow();
    return place === 0 ? { kind: 'playing', item } : { kind: 'queued', item, place };
  }

  #item(source: SoundSource, options: ItemOptions): PlayedItem {
    return new PlayedItem(source, options, this.#parts, () => this.#changed());
  }

  /** Plays, or keeps still, as it is now meant to. */
  #follow(): void {
    const isStill = this.#isPaused || this.#isHeld;
    this.#player.hold(isStill);
    if (!isStill) this.#queue.now?.open();
    this.#changed();
  }

  #turn(overSamples: number): void {
    const gain = this.#isMuted ? 0 : this.#percent / 100;
    this.#gain.to(gain, Math.max(overSamples, rampSamples));
    this.#changed();
  }

  #stop(why: 'stopped' | 'removed' | 'closed'): Stopped {
    const isIdle = this.isIdle;
    this.#player.cut();
    this.#waits.settle(why);
    const removed = this.#queue.clear();
    const item = this.#queue.skip();
    this.#isPaused = false;
    this.#follow();
    return isIdle ? { kind: 'idle' } : { kind: 'stopped', item, removed };
  }

  #tellBegin(): void {
    const { now: item } = this.#queue;
    if (!item?.hasSounded || item === this.#begun) return;
    this.#begun = item;
    this.#tell({ kind: 'began', track: this.name, item });
  }

  #told(item: PlayedItem, ended: Ended): void {
    if (item.hasSounded && item !== this.#begun) {
      this.#tell({ kind: 'began', track: this.name, item });
    }
    this.#tell({ kind: 'ended', track: this.name, item, ended });
    if (this.isIdle) this.#waits.settle('idle');
  }

  #changed(): void {
    this.#tell({ kind: 'changed', track: this.name });
  }
}
