import type { CancelReason, ItemEnd, PlayedItem, TrackItem } from './track-item.ts';
import type { ItemSource } from './track-player.ts';

/** Items that wait on one track, the one that sounds not counted. */
export const longestQueue = 50;

/** Current and waiting items of one track; the end of each item is reported once. */
export class TrackQueue implements ItemSource {
  readonly #onEnd: (item: PlayedItem, ended: ItemEnd) => void;
  #now: PlayedItem | undefined;
  #waiting: readonly PlayedItem[] = [];

  constructor(onEnd: (item: PlayedItem, ended: ItemEnd) => void) {
    this.#onEnd = onEnd;
  }

  get now(): PlayedItem | undefined {
    return this.#now;
  }

  get next(): PlayedItem | undefined {
    return this.#waiting[0];
  }

  get waiting(): readonly PlayedItem[] {
    return this.#waiting;
  }

  get isIdle(): boolean {
    return this.#now === undefined;
  }

  get isFull(): boolean {
    return this.#waiting.length >= longestQueue;
  }

  /** Adds an item and gives its place: 0 sounds now. */
  add(item: PlayedItem, isFirst: boolean): number {
    if (!this.#now) this.#now = item;
    else this.#waiting = isFirst ? [item, ...this.#waiting] : [...this.#waiting, item];
    if (this.#now === item) return 0;
    return isFirst ? 1 : this.#waiting.length;
  }

  done(item: PlayedItem): void {
    this.#shift();
    this.#onEnd(item, item.conclude());
  }

  /** Cancels the current item; the next one takes its place. */
  skip(reason: CancelReason): PlayedItem | undefined {
    const item = this.#now;
    this.#shift();
    if (item) this.#onEnd(item, item.cancel(reason));
    return item;
  }

  /** Cancels the waiting items; gives their number. */
  clear(reason: CancelReason): number {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const item of waiting) this.#onEnd(item, item.cancel(reason));
    return waiting.length;
  }

  /** One that waits is cancelled; false where it does not wait. */
  remove(item: TrackItem): boolean {
    const removed = this.#waiting.find((one) => one === item);
    if (!removed) return false;
    this.#waiting = this.#waiting.filter((one) => one !== removed);
    this.#onEnd(removed, removed.cancel('skipped'));
    return true;
  }

  #shift(): void {
    const [next, ...rest] = this.#waiting;
    this.#now = next;
    this.#waiting = rest;
  }
}
