import { fall, musicFrame, rampSamples, rise } from '#src/playback/mix/stereo.ts';
import type { PlayedItem } from './track-item.ts';

/** Source of a player's items. */
export interface ItemSource {
  /** Current item; while paused, too. */
  readonly now: PlayedItem | undefined;
  /** Item after it. */
  readonly next: PlayedItem | undefined;
  /** The current item has ended; `next` takes its place. */
  done(item: PlayedItem): void;
}

/** Result of one pull. */
export type PullResult = {
  /** Whether there was anything to hear. */
  readonly sounds: boolean;
  /** The packet that is just that. */
  readonly packet: Uint8Array | undefined;
};

const silent: PullResult = { sounds: false, packet: undefined };

/** The sound of one track at full volume: item after item without a gap or a click. */
export class TrackPlayer {
  readonly #line: ItemSource;
  #isHeld = false;
  /** The former frame ended in sound, and this one continues it. */
  #isFlowing = false;
  /** True when its last samples, less than a ramp, are in the next frame. */
  #isFalling = false;
  /** Fading end of a sound that was cut. */
  #tail: Float32Array | undefined;

  constructor(line: ItemSource) {
    this.#line = line;
  }

  /** The next frame would have sound. */
  get isReady(): boolean {
    return this.#tail !== undefined || (!this.#isHeld && (this.#line.now?.isReady ?? false));
  }

  /** Silent from the next frame on, after a fade; its items are not read. */
  hold(on: boolean): void {
    if (on === this.#isHeld) return;
    if (on) this.cut();
    this.#isHeld = on;
    const { now, next } = this.#line;
    if (on) for (const item of [now, next]) item?.hold();
    else now?.open();
  }

  /** Forgets the ramp, because the listener has not heard the sound before. */
  startOver(): void {
    this.#isFlowing = false;
    this.#isFalling = false;
    this.#tail = undefined;
  }

  /** Fades the current item out within 5 ms: call before it is taken from the line or moved. */
  cut(): void {
    if (!this.#isFlowing) return;
    this.#isFlowing = false;
    this.#isFalling = false;
    const tail = new Float32Array(2 * rampSamples);
    this.#line.now?.peek(tail);
    fall(tail, rampSamples);
    this.#tail = tail;
  }

  /** Fills `raw` with the next 20 ms; leaves it as it is where it is paused or has nothing to play. */
  pull(raw: Float32Array): PullResult {
    if (this.#isAtRest) return silent;
    const tail = this.#tail;
    this.#tail = undefined;
    const packet = tail || !this.#isFlowing ? undefined : this.#line.now?.packet;
    const { end, pieces } = this.#isHeld ? { end: 0, pieces: 0 } : this.#advance(raw);
    raw.fill(0, 2 * end);
    if (tail) for (const [n, sample] of tail.entries()) raw[n] = (raw[n] ?? 0) + sample;
    if (end === 0 && !tail) return silent;
    return { sounds: true, packet: this.#isFlowing && pieces === 1 ? packet : undefined };
  }

  get #isAtRest(): boolean {
    if (this.#tail || this.#isFlowing) return false;
    return this.#isHeld || !this.#line.now;
  }

  /** To which place of `raw` there is sound, and of how many items. */
  #advance(raw: Float32Array): { readonly end: number; readonly pieces: number } {
    const { end, pieces } = this.#fill(raw);
    const beyond = this.#isFalling ? 0 : this.#beyond(end);
    if (!this.#isFlowing) rise(raw);
    if (beyond !== undefined) fall(raw, end, beyond);
    this.#isFalling = beyond !== undefined && beyond > 0;
    this.#isFlowing = this.#isFalling || (end > 0 && beyond === undefined);
    return { end, pieces };
  }

  #fill(raw: Float32Array): { readonly end: number; readonly pieces: number } {
    let [end, pieces] = [0, 0];
    for (let { now } = this.#line; now && end < musicFrame; { now } = this.#line) {
      now.open();
      if (!now.isReady) break;
      end += now.take(raw, end);
      pieces++;
      if (now.isWhole) this.#line.next?.open();
      if (!now.isDrained) break;
      this.#line.done(now);
      if (this.#isFalling) break; // the next sound comes out of silence
    }
    return { end, pieces };
  }

  /** Length of the sound behind place `end` before a silence; undefined where it continues. */
  #beyond(end: number): number | undefined {
    const { now, next } = this.#line;
    if (!now?.isReady) return 0;
    if (end === musicFrame && now.rest >= rampSamples) return undefined;
    if (end === musicFrame && now.isWhole) return next?.isReady ? undefined : now.rest;
    now.starve();
    return 0;
  }
}
