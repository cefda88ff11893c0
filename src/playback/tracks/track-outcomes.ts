import type { BotError } from '#src/base/errors.ts';
import type { PlayEnd, PlayWaitOutcome } from '#src/base/play-end.ts';
import type { TrackItem } from './track-item.ts';

/** Volume, pause and crossfade of a track. */
export type TrackState = {
  /** 0 to 200. */
  readonly percent: number;
  readonly isPaused: boolean;
  /** A muted track plays on unheard. */
  readonly isMuted: boolean;
  readonly crossfadeMs?: number;
};

/** A position in a sound (`at`), or a distance from the present one (`by`). */
export type SeekTarget = { readonly kind: 'at' | 'by'; readonly ms: number };

/** Changes of a track that need no further words. */
export const trackActions = [
  'pause',
  'resume',
  'skip',
  'stop',
  'mute',
  'unmute',
] as const;
export type TrackAction = (typeof trackActions)[number];

/** A change of one track or of all. */
export type TrackChange =
  | Exclude<TrackAction, 'skip'>
  | 'seek'
  | 'loop'
  | 'unloop'
  | 'crossfade'
  | 'cut'
  | 'remove';

/** A change of a track, checked and ready to be performed. */
export type TrackCommand =
  | { readonly kind: TrackAction }
  /** Volume in percent, 0 to 200, or a change of it. `overMs` is the length of a fade. */
  | {
      readonly kind: 'volume';
      readonly percent: number;
      readonly isChange?: boolean;
      readonly overMs?: number;
    }
  | { readonly kind: 'seek'; readonly to: SeekTarget }
  | { readonly kind: 'loop'; readonly on: boolean }
  /** From the next sound on. 0 ends crossfades. */
  | { readonly kind: 'crossfade'; readonly ms: number }
  /** A waiting sound by place, title, or both as in `2. rain`. */
  | { readonly kind: 'remove'; readonly item: string };

/** How a request for a track ended. */
export type TrackOutcome =
  /** Place 0 is the current sound. `ended` never rejects. */
  | {
      readonly kind: 'playing' | 'added';
      readonly track: string;
      readonly title: string;
      readonly place: number;
      readonly ended: Promise<PlayWaitOutcome>;
    }
  | { readonly kind: 'skipped'; readonly track: string; readonly title: string }
  /** `title` is absent if the change concerns the whole track. */
  | {
      readonly kind: 'changed';
      readonly track: string;
      readonly change: TrackChange;
      readonly title?: string;
      readonly positionMs?: number;
    }
  | { readonly kind: 'volume'; readonly track: string; readonly percent: number }
  | TrackRefusal;

/** Reason why a request for a track was refused. */
export type TrackRefusal =
  /** `reserved` is an own track or `all`. A `looping` sound has no end to wait for. */
  | { readonly kind: 'empty' | 'looping' | 'reserved'; readonly track: string }
  | { readonly kind: 'bad-name' }
  | { readonly kind: 'full'; readonly limit: number }
  | {
      readonly kind: 'past-end';
      readonly track: string;
      readonly title: string;
      readonly lengthMs: number;
    }
  /** A live stream can neither seek nor loop. */
  | { readonly kind: 'unseekable'; readonly track: string; readonly title: string }
  | {
      readonly kind: 'no-item' | 'unknown';
      readonly name: string;
      readonly names: readonly string[];
    }
  /** A DJ may change the sound of another person, and a majority may vote to skip it. */
  | {
      readonly kind: 'denied';
      readonly track: string;
      readonly owner: string;
      readonly vote?: { readonly votes: number; readonly needed: number };
    }
  /** The tracks are closed, or the bot is in no channel. */
  | { readonly kind: 'nowhere' };

/** The beginning, pause by a stop, or end of a sound on a track. Each sound that was heard has a `began` before its end. */
export type TrackEvent = {
  readonly kind: 'began' | 'paused' | PlayEnd;
  readonly track: string;
  readonly item: TrackItem;
  /** The source failed, or gave no sound for 8 s. */
  readonly error?: BotError | undefined;
};
