import type {
  PlacedSound,
  SoundRejection,
  TrackState,
} from '#src/playback/tracks/track-outcomes.ts';
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
  readonly track: string;
  /** Volume of the whole track; left out: unchanged. */
  readonly percent?: number;
  readonly loop: boolean;
  /** Before all that wait. */
  readonly next: boolean;
  /** Ends the search for it. */
  readonly signal?: AbortSignal;
};

export type Playing =
  /** `keptFor`: owner for whom the track keeps its volume. */
  | (PlacedSound & { readonly keptFor?: string })
  | SoundRejection
  /** The sound cannot be played; the reason is for the person who asked. */
  | { readonly kind: 'bad'; readonly reason: TextLine }
  | { readonly kind: 'no-sound'; readonly sound: string; readonly names: readonly string[] }
  /** Several sounds match, and none has exactly this name. */
  | { readonly kind: 'several'; readonly sounds: readonly string[] }
  /** A moderator keeps the bot from being heard. */
  | { readonly kind: 'muted' };

export type ListedTrack = TrackState & {
  readonly name: string;
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
