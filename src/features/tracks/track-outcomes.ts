import type {
  PlayerOutcome,
  SoundRejection,
  TrackCommand,
} from '#src/playback/tracks/track-outcomes.ts';
import type { PlayEnd } from '#src/ports/play-end.ts';
import type { ShelvedSound } from '#src/sources/library.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Caller of a track request; their rights are judged by the latest facts from Discord. */
export type TrackCaller = {
  readonly id: string;
  readonly name: string;
  readonly mayManage: boolean;
};

/** Request to play a sound. */
export type PlayRequest = {
  /** The name of a library sound, a link, or a sent file. */
  readonly sound: string | SoundFile;
  /** They said it: only what lies here is meant, also by what sounds alike. */
  readonly isHeard?: boolean;
  readonly track: string;
  /** Volume of the whole track; left out: unchanged. */
  readonly percent?: number;
  readonly loop: boolean;
  /** Before all that wait. */
  readonly next: boolean;
  /** Ends the search for it. */
  readonly signal?: AbortSignal;
  /** Called once with the end, if it was placed. Never throws. */
  readonly onEnd?: (end: PlayEnd) => void;
};

/** Commands that need no more than a track. */
export const trackActions = ['pause', 'resume', 'skip', 'stop', 'mute', 'unmute'] as const;
export type TrackAction = (typeof trackActions)[number];

/** Change of one track, or of a sound on it, as people ask for it. */
export type TrackChange =
  | Exclude<TrackCommand, { kind: 'remove' }>
  /** A sound that waits, by its place, its title, or both as in `2. rain`. */
  | { readonly kind: 'remove'; readonly item: string };

export type Playing =
  /** `keptFor`: owner for whom the track keeps its volume. */
  | {
      readonly kind: 'playing';
      readonly title: string;
      readonly track: string;
      readonly keptFor?: string;
    }
  | {
      readonly kind: 'added';
      readonly title: string;
      readonly track: string;
      /** 1 plays next. */
      readonly place: number;
      readonly keptFor?: string;
    }
  | SoundRejection
  /** The sound cannot be played; the reason is for the person who asked. */
  | { readonly kind: 'bad'; readonly reason: TextLine }
  | { readonly kind: 'no-sound'; readonly sound: string; readonly names: readonly string[] }
  /** Several sounds match, and none has exactly this name. */
  | { readonly kind: 'several'; readonly sounds: readonly ShelvedSound[] }
  /** A moderator keeps the bot from being heard. */
  | { readonly kind: 'muted' };

export type TrackOutcome =
  | PlayerOutcome
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
  /** The bot's own, which is neither paused nor skipped. */
  | { readonly kind: 'reserved'; readonly track: string }
  | { readonly kind: 'nowhere' };

export type ListedTrack = {
  readonly name: string;
  readonly percent: number;
  readonly isPaused: boolean;
  /** It goes on without being heard. */
  readonly isMuted: boolean;
  /** The current sound, playing or paused. */
  readonly current?: ListedSound;
  readonly waiting: readonly { readonly title: string; readonly owner?: string }[];
};

export type ListedSound = {
  readonly title: string;
  /** Absent: no longer known. */
  readonly owner?: string;
  /** Absent for the bot's own speech. */
  readonly positionMs?: number;
  readonly lengthMs?: number;
  readonly loop: boolean;
};
