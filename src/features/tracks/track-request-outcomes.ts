import type { PersonId } from '#src/base/ids.ts';
import type {
  TrackOutcome,
  TrackRefusal,
  TrackState,
} from '#src/playback/tracks/track-outcomes.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { defaultTrack, isSameTrack } from './track-names.ts';

/** A person who asks for a change of tracks. */
export type TrackCaller = {
  readonly id: PersonId;
  readonly name: string;
  readonly mayManage: boolean;
};

/** Bytes of a sound that a program sends while they play. */
export type SentSound = {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Content type, which labels samples that have no file around them. */
  readonly type: string | undefined;
  readonly title: string;
};

/** A sound to play, and where. */
export type PlayRequest = {
  /** Name in the library, link, attachment, or bytes of a program. */
  readonly sound: string | SoundFile | SentSound;
  readonly track: string;
  /** Volume of the whole track. Default: unchanged. */
  readonly percent?: number;
  readonly loop: boolean;
  /** Before all waiting sounds. */
  readonly next: boolean;
  /** The caller waits for the end, so a repeating track is refused. */
  readonly wait?: boolean;
  readonly signal?: AbortSignal;
};

/** How a request for a sound or a change ended. */
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

/** A track with its sounds, as people see it. */
export type ListedTrack = TrackState & {
  readonly name: string;
  readonly current?: ListedSound;
  readonly waiting: readonly Pick<ListedSound, 'hasWords' | 'owner' | 'title'>[];
};

/** The current sound of a track. */
export type ListedSound = {
  readonly title: string;
  /** Name of the owner. Absent if forgotten. */
  readonly owner?: string;
  /** True for words of people, of which programs read no title. */
  readonly hasWords?: true;
  /** Absent for the bot's own speech. */
  readonly positionMs?: number;
  readonly lengthMs?: number;
  readonly loop: boolean;
};

type TrackChanged = Extract<PlayOutcome, { kind: 'changed' }>;

const maxListedSounds = 5;

/** Describes the outcome of a request for the caller. */
export function toOutcomeLine(outcome: PlayOutcome): TextLine {
  switch (outcome.kind) {
    case 'playing': {
      const { title, track } = outcome;
      return { id: 'track.playing', with: { title, track } };
    }
    case 'added': {
      const { place: n, title, track } = outcome;
      return { id: 'track.added', with: { title, track, n } };
    }
    case 'changed':
      return toChangeLine(outcome);
    case 'skipped':
      return { id: 'track.skipped', with: { title: outcome.title } };
    case 'volume':
      return { id: 'track.volume', with: { track: outcome.track, n: outcome.percent } };
    case 'no-sound':
      return toUnknownNameLine(outcome);
    case 'several': {
      const list = outcome.sounds.slice(0, maxListedSounds).join(', ');
      return { id: 'track.which_of', with: { list: list.replaceAll('/', ' ') } };
    }
    case 'bad':
      return outcome.reason;
    case 'muted':
      return { id: 'muted.server' };
    default:
      return toRefusalLine(outcome);
  }
}

function toRefusalLine(refusal: TrackRefusal): TextLine {
  switch (refusal.kind) {
    case 'reserved':
      return { id: 'track.reserved', with: { track: refusal.track } };
    case 'unseekable':
      return { id: 'track.unseekable', with: { title: refusal.title } };
    case 'past-end': {
      const { lengthMs, title } = refusal;
      return {
        id: 'track.past_end',
        with: { title, time: formatPlayingTime(lengthMs) },
      };
    }
    case 'denied':
      return toDenialLine(refusal);
    case 'no-item':
    case 'unknown':
      return toUnknownNameLine(refusal);
    case 'full':
      return { id: 'limit', with: { limit: refusal.limit, command: '/track queue' } };
    case 'bad-name':
      return { id: 'track.name' };
    case 'looping':
      return { id: 'track.ended', with: { title: refusal.track, end: refusal.kind } };
    case 'empty':
      return { id: 'stop.nothing' };
    case 'nowhere':
      return { id: 'leave.nowhere' };
  }
}

function toUnknownNameLine({
  name: x,
  names,
}: {
  readonly name: string;
  readonly names: readonly string[];
}): TextLine {
  if (names.length === 0) return { id: 'unknown', with: { x } };
  return { id: 'unknown.of', with: { x, list: names.join(', ') } };
}

function toDenialLine({
  track,
  owner,
  vote,
}: Extract<PlayOutcome, { kind: 'denied' }>): TextLine {
  if (!vote) return { id: 'track.barred', with: { track, owner } };
  return { id: 'track.denied.on', with: { track, owner, ...vote } };
}

function toChangeLine({ change, positionMs, ...subject }: TrackChanged): TextLine {
  const soundOnTrack = formatSoundOnTrack(subject);
  if (positionMs === undefined)
    return { id: 'track.changed', with: { change, what: soundOnTrack } };
  const to = formatPlayingTime(positionMs);
  return { id: 'track.moved', with: { what: soundOnTrack, to } };
}

/** Leaves out the name of the default track. */
function formatSoundOnTrack({ title, track }: Pick<TrackChanged, 'title' | 'track'>) {
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
  const formatTwoDigits = (n: number) => `${n}`.padStart(2, '0');
  const secondDigits = formatTwoDigits(s);
  return h > 0 ? `${h}:${formatTwoDigits(m)}:${secondDigits}` : `${m}:${secondDigits}`;
}
