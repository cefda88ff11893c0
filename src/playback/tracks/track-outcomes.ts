import type { BotError } from '#src/base/errors.ts';
import type { PlayEnd, PlayWaitOutcome } from '#src/base/play-end.ts';
import type { TrackItem } from './track-item.ts';

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
export const trackActions = [
  'pause',
  'resume',
  'skip',
  'stop',
  'mute',
  'unmute',
] as const;
export type TrackAction = (typeof trackActions)[number];

/** Change that a command makes; a loop and a crossfade begin or end. */
export type TrackChange =
  | Exclude<TrackAction, 'skip'>
  | 'seek'
  | 'loop'
  | 'unloop'
  | 'crossfade'
  | 'cut'
  | 'remove';

/** Command for one track. */
export type TrackCommand =
  | { readonly kind: TrackAction }
  /** 0 to 200, or a change of it; a fade reaches it after `overMs`. */
  | {
      readonly kind: 'volume';
      readonly percent: number;
      readonly isChange?: boolean;
      readonly overMs?: number;
    }
  | { readonly kind: 'seek'; readonly to: SeekTarget }
  | { readonly kind: 'loop'; readonly on: boolean }
  /** Between two sounds from now on; 0 ends it. */
  | { readonly kind: 'crossfade'; readonly ms: number }
  /** A sound that waits, by its place, its title, or both as in `2. rain`. */
  | { readonly kind: 'remove'; readonly item: string };

/** What a sound or a command did to a track. */
export type TrackOutcome =
  /** `playing`, place 0: it is heard as soon as its source gives any. `added`: place 1 plays next. `ended` never rejects. */
  | {
      readonly kind: 'playing' | 'added';
      readonly track: string;
      readonly title: string;
      readonly place: number;
      readonly ended: Promise<PlayWaitOutcome>;
    }
  | { readonly kind: 'skipped'; readonly track: string; readonly title: string }
  /** `title`: the sound that was changed; absent where the change concerns the whole track. `positionMs`: after a seek. */
  | {
      readonly kind: 'changed';
      readonly track: string;
      readonly change: TrackChange;
      readonly title?: string;
      readonly positionMs?: number;
    }
  | { readonly kind: 'volume'; readonly track: string; readonly percent: number }
  | TrackRefusal;

/** Why nothing was done. */
export type TrackRefusal =
  /** `empty`: nothing sounds there; `reserved`: a track of the bot's own, or `all`; `looping`: no end can be awaited there. */
  | { readonly kind: 'empty' | 'looping' | 'reserved'; readonly track: string }
  /** A name has 1 to 40 characters; as `findNameObjection`. */
  | { readonly kind: 'bad-name' }
  /** The tracks have `limit` sounds already. */
  | { readonly kind: 'full'; readonly limit: number }
  | {
      readonly kind: 'past-end';
      readonly track: string;
      readonly title: string;
      readonly lengthMs: number;
    }
  /** A live stream, which can neither seek nor repeat. */
  | { readonly kind: 'unseekable'; readonly track: string; readonly title: string }
  /** `no-item`: no sound of this name waits there; `unknown`: there is no such track, but those. */
  | {
      readonly kind: 'no-item' | 'unknown';
      readonly name: string;
      readonly names: readonly string[];
    }
  /** The sound belongs to another person: a DJ may change it, and more than half of the people there may skip it by vote. */
  | {
      readonly kind: 'denied';
      readonly track: string;
      readonly owner: string;
      readonly vote?: { readonly votes: number; readonly needed: number };
    }
  /** The tracks have been closed, or the bot is in no channel. */
  | { readonly kind: 'nowhere' };

/** Event of a track; for each item that sounds first its beginning, then its end. */
export type TrackEvent = {
  readonly kind: 'began' | PlayEnd;
  readonly track: string;
  readonly item: TrackItem;
  /** Its source broke, gave no sound at all, or nothing for 8 s. */
  readonly error?: BotError | undefined;
};
