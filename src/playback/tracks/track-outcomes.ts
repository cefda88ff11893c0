import type { ItemEnd, TrackItem } from './track-item.ts';

/** Target of a seek: a position in the sound, or an offset from the current one; negative is back. */
export type SeekTarget = { readonly kind: 'at' | 'by'; readonly ms: number };

/** Command for one track. */
export type TrackCommand =
  | { readonly kind: 'pause' | 'resume' | 'skip' | 'stop' | 'mute' | 'unmute' }
  /** 0 to 200; a fade reaches it after `overMs`. */
  | { readonly kind: 'volume'; readonly percent: number; readonly overMs?: number }
  | { readonly kind: 'seek'; readonly to: SeekTarget }
  | { readonly kind: 'loop'; readonly on: boolean }
  /** Of a sound that waits. */
  | { readonly kind: 'remove'; readonly id: string };

/** What a command did to a track. */
export type PlayerOutcome =
  /** `empty`: nothing sounds there. */
  | { readonly kind: 'changed' | 'empty'; readonly track: string }
  | { readonly kind: 'skipped'; readonly track: string; readonly title: string }
  | { readonly kind: 'volume'; readonly track: string; readonly percent: number }
  | {
      readonly kind: 'past-end';
      readonly track: string;
      readonly title: string;
      readonly lengthMs: number;
    }
  /** A live stream, which can neither seek nor repeat. */
  | { readonly kind: 'unseekable'; readonly track: string; readonly title: string };

/** Why a sound was not taken. */
export type SoundRejection =
  /** A name has 1 to 40 characters; as `objectionToName`. */
  | { readonly kind: 'bad-name' }
  /** `voice` and `cues` belong to the bot itself, `all` means every track. */
  | { readonly kind: 'reserved'; readonly track: string }
  /** The track has `limit` sounds already. */
  | { readonly kind: 'full'; readonly track: string; readonly limit: number }
  /** `limit` tracks have something to play already. */
  | { readonly kind: 'many'; readonly limit: number }
  /** The tracks have been closed. */
  | { readonly kind: 'nowhere' };

export type AddedItem =
  /** The item sounds as soon as its source gives sound. */
  | { readonly kind: 'playing'; readonly item: TrackItem }
  /** Place 1 comes next. */
  | { readonly kind: 'added'; readonly item: TrackItem; readonly place: number };

export type AddItemResult = AddedItem | SoundRejection;

/** Event of a track; for each item that sounds first its beginning, then its end. */
export type TrackEvent =
  | { readonly kind: 'began'; readonly track: string; readonly item: TrackItem }
  | {
      readonly kind: 'ended';
      readonly track: string;
      readonly item: TrackItem;
      readonly ended: ItemEnd;
    };
