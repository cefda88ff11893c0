import type { ItemEnd, PlayedItem, TrackItem } from './track-item.ts';

/** Events of a track; `changed` is all that shows in its view except its position. */
export type TrackEvent =
  | { readonly kind: 'began'; readonly track: string; readonly item: TrackItem }
  | {
      readonly kind: 'ended';
      readonly track: string;
      readonly item: TrackItem;
      readonly ended: ItemEnd;
    }
  | { readonly kind: 'changed'; readonly track: string };

/** Reports events of one track; for each item that sounds first its beginning, then its end. */
export class TrackNews {
  readonly #track: string;
  readonly #report: (event: TrackEvent) => void;
  #begun: PlayedItem | undefined;

  constructor(track: string, report: (event: TrackEvent) => void) {
    this.#track = track;
    this.#report = report;
  }

  /** Reports the current item, if it is new. */
  began(item: PlayedItem | undefined): void {
    if (!item?.hasSounded || item === this.#begun) return;
    this.#begun = item;
    this.#report({ kind: 'began', track: this.#track, item });
  }

  ended(item: PlayedItem, ended: ItemEnd): void {
    this.began(item);
    this.#report({ kind: 'ended', track: this.#track, item, ended });
  }

  changed(): void {
    this.#report({ kind: 'changed', track: this.#track });
  }
}
