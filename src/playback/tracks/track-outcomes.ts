import type { TrackItem } from './track-item.ts';

/** Why a sound was not taken. */
export type SoundRejection =
  /** A name has 1 to 40 characters; as `objectionToName`. */
  | { readonly kind: 'bad-name' }
  /** `voice` and `cues` belong to the bot itself, `all` means every track. */
  | { readonly kind: 'reserved' }
  /** `limit` items wait on this track already. */
  | { readonly kind: 'full'; readonly limit: number }
  /** `limit` tracks have something to play already. */
  | { readonly kind: 'too-many'; readonly limit: number }
  /** The mixer has been closed. */
  | { readonly kind: 'closed' };

export type AddItemResult =
  /** The item sounds as soon as its source gives sound. */
  | { readonly kind: 'playing'; readonly item: TrackItem }
  /** Place 1 comes next. */
  | { readonly kind: 'queued'; readonly item: TrackItem; readonly place: number }
  | SoundRejection;

export type SkipOutcome =
  | { readonly kind: 'skipped'; readonly item: TrackItem; readonly next: TrackItem | undefined }
  | { readonly kind: 'idle' };

/** `removed` is the number of queued items. */
export type StopOutcome =
  | { readonly kind: 'stopped'; readonly item: TrackItem | undefined; readonly removed: number }
  | { readonly kind: 'idle' };

/** A track as people see it. */
export type TrackView = {
  readonly name: string;
  readonly percent: number;
  readonly isPaused: boolean;
  readonly isMuted: boolean;
  readonly now: TrackItem | undefined;
  readonly waiting: readonly TrackItem[];
};
