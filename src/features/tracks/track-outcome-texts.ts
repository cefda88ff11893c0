import type { TrackOutcome } from '#src/playback/tracks/track-outcomes.ts';
import { playingTime } from '#src/texts/duration.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Playing } from './track-outcomes.ts';

/** Names that a sentence lists at most. */
export const shownNames = 5;

/** Outcome of a command for a track, in one sentence. */
export function trackOutcome(one: TrackOutcome): TextLine {
  switch (one.kind) {
    case 'changed':
      return { id: 'track.changed', with: { track: one.track } };
    case 'reserved':
      return { id: 'track.reserved', with: { track: one.track } };
    case 'skipped':
      return { id: 'track.skipped', with: { title: one.title } };
    case 'volume':
      return { id: 'track.line.idle', with: { track: one.track, n: one.percent } };
    case 'past-end': {
      const { title, lengthMs } = one;
      return { id: 'track.past_end', with: { title, time: playingTime(lengthMs) } };
    }
    case 'unseekable':
      return { id: 'track.unseekable', with: { title: one.title } };
    case 'no-item':
      return { id: 'unknown', with: { x: one.item } };
    case 'denied': {
      const { track, owner, vote } = one;
      if (!vote) return { id: 'track.barred', with: { track, owner } };
      return { id: 'track.denied.on', with: { track, owner, ...vote } };
    }
    case 'unknown':
      return { id: 'unknown.of', with: { x: one.track, list: one.names.join(', ') } };
    case 'empty':
      return { id: 'stop.nothing' };
    case 'nowhere':
      return { id: 'leave.nowhere' };
  }
}

/** Outcome of a request to play a sound, in one sentence. */
export function playingOutcome(playing: Playing): TextLine {
  switch (playing.kind) {
    case 'playing':
      return { id: 'track.playing', with: { title: playing.title, track: playing.track } };
    case 'added': {
      const { title, track, place: n } = playing;
      return { id: 'track.added', with: { title, track, n } };
    }
    case 'full':
      return { id: 'limit', with: { limit: playing.limit, command: '/track queue' } };
    case 'bad':
      return playing.reason;
    case 'no-sound': {
      const { sound: x, names } = playing;
      if (names.length === 0) return { id: 'unknown', with: { x } };
      return { id: 'unknown.of', with: { x, list: names.join(', ') } };
    }
    case 'several': {
      const names = playing.sounds.slice(0, shownNames);
      return { id: 'track.which_of', with: { list: names.join(', ') } };
    }
    case 'bad-name':
      return { id: 'track.name' };
    case 'reserved':
      return { id: 'track.reserved', with: { track: playing.track } };
    case 'muted':
      return { id: 'muted.server' };
    case 'nowhere':
      return { id: 'leave.nowhere' };
  }
}
