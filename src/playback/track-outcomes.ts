import type { Item } from './item.ts';

/** Why a sound was not taken. */
export type Refused =
  /** A name has 1 to 24 letters, digits and `-`. */
  | { readonly kind: 'bad-name' }
  /** `voice` and `cues` belong to the bot itself, `all` means every track. */
  | { readonly kind: 'reserved' }
  /** So many items wait on this track. */
  | { readonly kind: 'full'; readonly limit: number }
  /** So many tracks have something to play. */
  | { readonly kind: 'too-many'; readonly limit: number }
  /** The mixer has been closed. */
  | { readonly kind: 'closed' };

export type Added =
  /** It sounds as soon as its source gives sound; `replaced` ended for it. */
  | { readonly kind: 'playing'; readonly item: Item; readonly replaced?: Item }
  /** Place 1 comes next. */
  | { readonly kind: 'queued'; readonly item: Item; readonly place: number }
  | Refused;

export type Skipped =
  | { readonly kind: 'skipped'; readonly item: Item; readonly next: Item | undefined }
  | { readonly kind: 'idle' };

/** `removed` tells how many waited. */
export type Stopped =
  | { readonly kind: 'stopped'; readonly item: Item | undefined; readonly removed: number }
  | { readonly kind: 'idle' };

export type Sought =
  | { readonly kind: 'sought'; readonly positionMs: number }
  | { readonly kind: 'past-end'; readonly lengthMs: number }
  /** Its source comes only once. */
  | { readonly kind: 'unseekable' }
  | { readonly kind: 'idle' };

export type Looped =
  | { readonly kind: 'looping'; readonly on: boolean }
  | { readonly kind: 'unseekable' }
  | { readonly kind: 'idle' };

/** Why a wait is over: nothing is left to play, or somebody had other plans. */
export type Waited = 'idle' | 'replaced' | 'stopped' | 'removed' | 'closed';

/** A track as people see it. */
export type TrackView = {
  readonly name: string;
  readonly percent: number;
  readonly isPaused: boolean;
  readonly isMuted: boolean;
  readonly now: Item | undefined;
  readonly waiting: readonly Item[];
  /** Gaps because a source was late. */
  readonly starved: number;
};

/** Where the sound of a track is. */
export type Progress = {
  readonly item: Item;
  readonly title: string;
  readonly positionMs: number;
  readonly lengthMs: number | undefined;
  readonly waiting: number;
};
