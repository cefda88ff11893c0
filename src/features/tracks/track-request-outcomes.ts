import type { TrackOutcome, TrackState } from '#src/playback/tracks/track-outcomes.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { defaultTrack, isSameTrack } from './track-names.ts';

export type TrackCaller = {
  readonly id: string;
  readonly name: string;
  readonly mayManage: boolean;
};

export type PlayRequest = {
  readonly sound: string | SoundFile;
  readonly track: string;
  /** Volume of the whole track. Default: unchanged. */
  readonly percent?: number;
  readonly loop: boolean;
  readonly next: boolean;
  /** The caller waits for the end, so a repeating track is refused. */
  readonly wait?: boolean;
  readonly signal?: AbortSignal;
};

export type PlayOutcome =
  | TrackOutcome
  /** The asker reads the reason. */
  | { readonly kind: 'bad'; readonly reason: TextLine }
  | {
      readonly kind: 'no-sound';
      readonly name: string;
      readonly names: readonly string[];
    }
  | { readonly kind: 'several'; readonly sounds: readonly string[] }
  /** A moderator has muted the bot. */
  | { readonly kind: 'muted' };

export type ListedTrack = TrackState & {
  readonly name: string;
  readonly current?: ListedSound;
  readonly waiting: readonly { readonly title: string; readonly owner?: string }[];
};

export type ListedSound = {
  readonly title: string;
  /** Absent if forgotten. */
  readonly owner?: string;
  /** Absent for the bot's own speech. */
  readonly positionMs?: number;
  readonly lengthMs?: number;
  readonly loop: boolean;
};

type TrackChanged = Extract<PlayOutcome, { kind: 'changed' }>;

const maxListedSounds = 5;

export function toOutcomeLine(one: PlayOutcome): TextLine {
  switch (one.kind) {
    case 'playing':
      return { id: 'track.playing', with: { title: one.title, track: one.track } };
    case 'added':
      return {
        id: 'track.added',
        with: { title: one.title, track: one.track, n: one.place },
      };
    case 'changed':
      return toChangeLine(one);
    case 'reserved':
      return { id: 'track.reserved', with: { track: one.track } };
    case 'skipped':
    case 'unseekable':
      return { id: `track.${one.kind}`, with: { title: one.title } };
    case 'volume':
      return { id: 'track.volume', with: { track: one.track, n: one.percent } };
    case 'past-end':
      return {
        id: 'track.past_end',
        with: { title: one.title, time: formatPlayingTime(one.lengthMs) },
      };
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

/** Leaves out the name of the default track. */
function toSoundOnTrack({ title, track }: Pick<TrackChanged, 'title' | 'track'>) {
  if (title === undefined) return track;
  return isSameTrack(track, defaultTrack) ? title : `${title} (${track})`;
}

/** Formats a place as `0:40 / 2:05`, or only the position. */
export function formatPlayingTime(positionMs: number, lengthMs?: number): string {
  return [positionMs, ...(lengthMs === undefined ? [] : [lengthMs])]
    .map(formatClockTime)
    .join(' / ');
}

function formatClockTime(ms: number) {
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const two = (n: number) => `${n}`.padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
