import type { TrackOutcome, TrackState } from '#src/playback/tracks/track-outcomes.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import { formatPlayingTime } from '#src/texts/duration.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { defaultTrack, isSameTrack } from './track-names.ts';

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
  /** Its end is awaited, so a track that repeats a sound is refused. */
  readonly wait?: boolean;
  /** Ends the search for it. */
  readonly signal?: AbortSignal;
};

/** What a request to play a sound did, or why it did nothing. */
export type PlayOutcome =
  | TrackOutcome
  /** The sound cannot be played; the reason is for the person who asked. */
  | { readonly kind: 'bad'; readonly reason: TextLine }
  | { readonly kind: 'no-sound'; readonly name: string; readonly names: readonly string[] }
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

type TrackChanged = Extract<PlayOutcome, { kind: 'changed' }>;

/** Sounds that a question lists at most. */
const maxListedSounds = 5;

/** An outcome in one sentence. */
export function toOutcomeLine(one: PlayOutcome): TextLine {
  switch (one.kind) {
    case 'playing':
      return { id: 'track.playing', with: { title: one.title, track: one.track } };
    case 'added':
      return { id: 'track.added', with: { title: one.title, track: one.track, n: one.place } };
    case 'changed':
      return toChangeLine(one);
    case 'reserved':
      return { id: 'track.reserved', with: { track: one.track } };
    case 'skipped':
      return { id: 'track.skipped', with: { title: one.title } };
    case 'volume':
      return { id: 'track.volume', with: { track: one.track, n: one.percent } };
    case 'past-end':
      return {
        id: 'track.past_end',
        with: { title: one.title, time: formatPlayingTime(one.lengthMs) },
      };
    case 'unseekable':
      return { id: 'track.unseekable', with: { title: one.title } };
    case 'denied': {
      const { track, owner, vote } = one;
      if (!vote) return { id: 'track.barred', with: { track, owner } };
      return { id: 'track.denied.on', with: { track, owner, ...vote } };
    }
    case 'no-item':
    case 'no-sound':
    case 'unknown': {
      const { name: x, names } = one;
      if (names.length === 0) return { id: 'unknown', with: { x } };
      return { id: 'unknown.of', with: { x, list: names.join(', ') } };
    }
    case 'several': {
      const list = one.sounds.slice(0, maxListedSounds).join(', ').replaceAll('/', ' ');
      return { id: 'track.which_of', with: { list } };
    }
    case 'full':
      return { id: 'limit', with: { limit: one.limit, command: '/track queue' } };
    case 'bad':
      return one.reason;
    case 'bad-name':
      return { id: 'track.name' };
    case 'looping':
      return { id: 'track.ended', with: { title: one.track, end: one.kind } };
    case 'muted':
      return { id: 'muted.server' };
    case 'empty':
      return { id: 'stop.nothing' };
    case 'nowhere':
      return { id: 'leave.nowhere' };
  }
}

function toChangeLine({ change, positionMs, ...where }: TrackChanged): TextLine {
  const what = toSoundOnTrack(where);
  if (positionMs === undefined) return { id: 'track.changed', with: { change, what } };
  return { id: 'track.moved', with: { what, to: formatPlayingTime(positionMs) } };
}

/** A sound as people know it; the usual track needs no name. */
function toSoundOnTrack({
  title,
  track,
}: {
  readonly title?: string;
  readonly track: string;
}): string {
  if (title === undefined) return track;
  return isSameTrack(track, defaultTrack) ? title : `${title} (${track})`;
}
