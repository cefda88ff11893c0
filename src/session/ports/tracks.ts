import type { SoundFile } from '#src/sources/fetch/ports.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Person who asks something of a track; their rights are judged by what Discord has just told of them. */
export type TrackCaller = {
  readonly id: string;
  readonly name: string;
  readonly mayManage: boolean;
};

/** What is to be played, and how. */
export type TrackWish = {
  /** The name of a sound that lies here, a link, or a file somebody sent. */
  readonly sound: string | SoundFile;
  readonly track: string;
  /** Of the whole track; left out: as it is. */
  readonly percent?: number;
  readonly loop: boolean;
  /** Before all that wait. */
  readonly next: boolean;
  /** Told once how it ended, if it was placed. Never throws. */
  readonly onEnd?: ((end: PlayEnd) => void) | undefined;
};

/**
 * How a sound or a text ended, as the channel heard it.
 *
 * `completed`: its last frame was handed to the link. `skipped`: it alone was skipped or taken out of the queue. What loops
 * never completes, and what is paused or waits for listeners has not ended.
 */
export type PlayEnd =
  | { readonly kind: 'completed' | 'skipped' }
  | { readonly kind: 'stopped'; readonly why: StopCause }
  /** `reason` tells it in a few words or a sentence. */
  | { readonly kind: 'failed'; readonly reason: TextLine };

/**
 * Cause of a stop: `asked` by somebody, or their words were taken back; `interrupted` by a voice; `muted` by a moderator; `left`:
 * the bot left the channel, or its process ended; `lost`: the connection broke in the middle of a text.
 */
export const stopCauses = ['asked', 'interrupted', 'muted', 'left', 'lost'] as const;
export type StopCause = (typeof stopCauses)[number];

export const trackActions = ['pause', 'resume', 'skip', 'stop', 'mute', 'unmute'] as const;
export type TrackAction = (typeof trackActions)[number];

/** Where a sound is to go on: at a place of it, or so far from where it is; below 0 is back. */
export type SeekTarget = { readonly kind: 'at' | 'by'; readonly ms: number };

/** What is set of one track, or of a sound on it. */
export type TrackSetting =
  /** 0 to 200. */
  | { readonly kind: 'volume'; readonly percent: number }
  /** As `volume`, reached gradually. */
  | { readonly kind: 'fade'; readonly percent: number; readonly overMs: number }
  | { readonly kind: 'seek'; readonly to: SeekTarget }
  | { readonly kind: 'loop'; readonly on: boolean }
  /** A sound that waits, by its place, its title, or both as in `2. rain`; on `voice` also `mine`: all that is one's own. */
  | { readonly kind: 'remove'; readonly item: string };

export type Playing =
  /** `kept`: the volume was not theirs to change. */
  | {
      readonly kind: 'playing';
      readonly title: string;
      readonly track: string;
      readonly kept?: TrackKeeping;
    }
  | {
      readonly kind: 'added';
      readonly title: string;
      readonly track: string;
      /** 1 plays next. */
      readonly place: number;
      readonly kept?: TrackKeeping;
    }
  | { readonly kind: 'full'; readonly track: string; readonly limit: number }
  /** No further track can be begun. */
  | { readonly kind: 'many'; readonly limit: number; readonly names: readonly string[] }
  /** The sound cannot be played; the reason is for the person who asked. */
  | { readonly kind: 'bad'; readonly reason: TextLine }
  | { readonly kind: 'no-sound'; readonly sound: string; readonly closest: readonly string[] }
  /** Several sounds fit what was asked for, and none is called just so. */
  | { readonly kind: 'several'; readonly sound: string; readonly names: readonly string[] }
  | { readonly kind: 'bad-name' }
  | { readonly kind: 'reserved'; readonly track: string }
  /** A moderator keeps the bot from being heard. */
  | { readonly kind: 'muted' }
  | { readonly kind: 'nowhere' };

/** Whose the track is, and how loud it stays. */
export type TrackKeeping = { readonly owner: string; readonly percent: number };

export type TrackOutcome =
  | {
      readonly kind: 'paused' | 'resumed' | 'muted' | 'unmuted' | 'empty';
      readonly track: string;
    }
  | {
      readonly kind: 'skipped';
      readonly track: string;
      readonly title: string;
      readonly next?: string;
    }
  | { readonly kind: 'stopped'; readonly track: string; readonly removed: number }
  /** All that was the caller's own, and nothing else. */
  | { readonly kind: 'removed-own'; readonly track: string; readonly removed: number }
  | { readonly kind: 'volume'; readonly track: string; readonly percent: number }
  | {
      readonly kind: 'fading';
      readonly track: string;
      readonly percent: number;
      readonly overMs: number;
    }
  | {
      readonly kind: 'sought';
      readonly track: string;
      readonly title: string;
      readonly positionMs: number;
      readonly lengthMs?: number;
    }
  | {
      readonly kind: 'past-end';
      readonly track: string;
      readonly title: string;
      readonly lengthMs: number;
    }
  /** It comes live, so it has no other place and does not come again. */
  | { readonly kind: 'unseekable'; readonly track: string; readonly title: string }
  | {
      readonly kind: 'looping' | 'unlooped' | 'removed';
      readonly track: string;
      readonly title: string;
    }
  /** Nothing that waits there is called so. */
  | { readonly kind: 'no-item'; readonly track: string; readonly item: string }
  /** The sound belongs to somebody else; a DJ may, or more than half of the people there, by the button of `pollId`. */
  | {
      readonly kind: 'denied';
      readonly track: string;
      readonly owner: string;
      readonly votes: number;
      readonly needed: number;
      readonly pollId: string;
    }
  | { readonly kind: 'unknown'; readonly track: string; readonly names: readonly string[] }
  /** There is no sound on any track. */
  | { readonly kind: 'silent' }
  /** The bot's own, which is neither paused nor skipped. */
  | { readonly kind: 'reserved'; readonly track: string }
  /** What was voted on is past. */
  | { readonly kind: 'over' }
  | { readonly kind: 'nowhere' };

export type ListedTrack = {
  readonly name: string;
  readonly percent: number;
  readonly isPaused: boolean;
  /** It goes on without being heard. */
  readonly isMuted: boolean;
  /** What sounds, or would if it were not paused. */
  readonly current?: ListedSound;
  readonly waiting: readonly { readonly title: string; readonly owner?: string }[];
};

export type ListedSound = {
  readonly title: string;
  /** Absent: nobody knows any more. */
  readonly owner?: string;
  /** Absent for what the bot says itself. */
  readonly positionMs?: number;
  readonly lengthMs?: number;
  readonly loop: boolean;
};
