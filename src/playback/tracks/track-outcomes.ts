import type { ItemEnd, TrackItem } from './track-item.ts';

/** State of a track that outlives its sounds. */
export type TrackState = {
  /** Volume, 0 to 200. */
  readonly percent: number;
  readonly isPaused: boolean;
  /** It goes on without being heard. */
  readonly isMuted: boolean;
  /** Time, in ms, in which a sound ends while the next one begins; left out: none. */
  readonly crossfadeMs?: number;
};

/** Target of a seek: a position in the sound, or an offset from the current one; negative is back. */
export type SeekTarget = { readonly kind: 'at' | 'by'; readonly ms: number };

/** Commands that need no more than a track. */
export const trackActions = ['pause', 'resume', 'skip', 'stop', 'mute', 'unmute'] as const;
export type TrackAction = (typeof trackActions)[number];

/** Command for one track. */
export type TrackCommand =
  | { readonly kind: TrackAction }
  /** 0 to 200; a fade reaches it after `overMs`. */
  | { readonly kind: 'volume'; readonly percent: number; readonly overMs?: number }
  | { readonly kind: 'seek'; readonly to: SeekTarget }
  | { readonly kind: 'loop'; readonly on: boolean }
  /** Between two sounds from now on; 0 ends it. */
  | { readonly kind: 'crossfade'; readonly ms: number }
  /** A sound that waits, by its place, its title, or both as in `2. rain`. */
  | { readonly kind: 'remove'; readonly item: string };

/** What a command did to a track. */
export type TrackOutcome =
  /** `empty`: nothing sounds there; `reserved`: the bot's own, which is neither paused nor skipped. */
  | { readonly kind: 'changed' | 'empty' | 'reserved'; readonly track: string }
  | { readonly kind: 'skipped'; readonly track: string; readonly title: string }
  | { readonly kind: 'volume'; readonly track: string; readonly percent: number }
  | {
      readonly kind: 'past-end';
      readonly track: string;
      readonly title: string;
      readonly lengthMs: number;
    }
  /** A live stream, which can neither seek nor repeat. */
  | { readonly kind: 'unseekable'; readonly track: string; readonly title: string }
  /** No item of this name waits there. */
  | { readonly kind: 'no-item'; readonly track: string; readonly item: string }
  /** The sound belongs to another person: a DJ may change it, and more than half of the people there may skip it by vote. */
  | {
      readonly kind: 'denied';
      readonly track: string;
      readonly owner: string;
      readonly vote?: { readonly votes: number; readonly needed: number };
    }
  | { readonly kind: 'unknown'; readonly track: string; readonly names: readonly string[] }
  | { readonly kind: 'nowhere' };

/** Why a sound was not taken. */
export type SoundRejection =
  /** A name has 1 to 40 characters; as `objectionToName`. */
  | { readonly kind: 'bad-name' }
  /** `voice` and `cues` belong to the bot itself, `all` means every track. */
  | { readonly kind: 'reserved'; readonly track: string }
  /** The tracks have `limit` sounds already. */
  | { readonly kind: 'full'; readonly limit: number }
  /** The tracks have been closed. */
  | { readonly kind: 'nowhere' };

/** Place of a sound that was taken. */
export type PlacedSound =
  /** The sound is heard as soon as its source gives any. */
  | { readonly kind: 'playing'; readonly title: string; readonly track: string }
  | {
      readonly kind: 'added';
      readonly title: string;
      readonly track: string;
      /** 1 plays next. */
      readonly place: number;
    };

export type AddedItem = PlacedSound & { readonly item: TrackItem };

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
