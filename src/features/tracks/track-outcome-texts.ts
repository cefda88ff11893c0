import { playingTime } from '#src/texts/duration.ts';
import { type Locale, type TextLine, text } from '#src/texts/texts.ts';
import type { Playing, TrackOutcome } from './track-outcomes.ts';

/** Names that a sentence lists at most. */
const shownNames = 5;

/** Outcome of a command for one track among others, in a sentence that names it. */
export function namedOutcome(one: TrackOutcome): TextLine {
  if (one.kind !== 'denied') return trackOutcome(one);
  const { track, owner, votes, needed } = one;
  return { id: 'track.denied.on', with: { track, owner, votes, needed } };
}

/** Outcome of a command for a track, in one sentence. */
export function trackOutcome(one: TrackOutcome): TextLine {
  switch (one.kind) {
    case 'paused':
    case 'resumed':
    case 'muted':
    case 'unmuted':
    case 'empty':
    case 'reserved':
      return { id: `track.${one.kind}`, with: { track: one.track } };
    case 'skipped': {
      const { track, title, next } = one;
      if (next === undefined) return { id: 'track.skipped.last', with: { track, title } };
      return { id: 'track.skipped', with: { title, next } };
    }
    case 'stopped':
      return { id: 'track.stopped', with: { track: one.track, n: one.removed } };
    case 'removed-own':
      return { id: 'track.removed_own', with: { track: one.track, n: one.removed } };
    case 'volume':
      return { id: 'track.volume', with: { track: one.track, n: one.percent } };
    case 'fading':
      return {
        id: 'track.fading',
        with: { track: one.track, n: one.percent, s: one.overMs / 1000 },
      };
    case 'sought': {
      const { track, title, positionMs, lengthMs } = one;
      return {
        id: 'track.sought',
        with: { track, title, time: playingTime(positionMs, lengthMs) },
      };
    }
    case 'past-end': {
      const { title, lengthMs } = one;
      return { id: 'track.past_end', with: { title, time: playingTime(lengthMs) } };
    }
    case 'unseekable':
      return { id: 'track.unseekable', with: { title: one.title } };
    case 'looping':
    case 'unlooped':
    case 'removed':
      return { id: `track.${one.kind}`, with: { track: one.track, title: one.title } };
    case 'no-item':
      return { id: 'track.no_item', with: { track: one.track, x: one.item } };
    case 'denied': {
      const { owner, votes, needed } = one;
      return { id: 'track.denied', with: { owner, votes, needed } };
    }
    case 'unknown':
      return { id: 'track.unknown', with: { x: one.track, list: one.names.join(', ') } };
    case 'silent':
      return { id: 'track.none' };
    case 'over':
      return { id: 'confirm.over' };
    case 'nowhere':
      return { id: 'leave.nowhere' };
  }
}

/** Outcome of a request to play a sound, in one sentence. */
export function playingOutcome(playing: Playing, locale: Locale = 'en'): TextLine {
  switch (playing.kind) {
    case 'playing':
      return { id: 'track.playing', with: { title: playing.title, track: playing.track } };
    case 'added': {
      const { title, track, place: n } = playing;
      return { id: 'track.added', with: { title, track, n } };
    }
    case 'full':
      return { id: 'track.full', with: { track: playing.track, limit: playing.limit } };
    case 'many': {
      const { limit, names } = playing;
      return { id: 'track.many', with: { limit, list: names.join(', ') } };
    }
    case 'bad': {
      const { id, with: words } = playing.reason;
      return { id: 'track.bad', with: { reason: text(id, words, locale) } };
    }
    case 'no-sound': {
      const { sound: x, closest } = playing;
      if (closest.length === 0) return { id: 'track.sound.none', with: { x } };
      return { id: 'track.sound', with: { x, list: closest.join(', ') } };
    }
    case 'several': {
      const { sound: x, names } = playing;
      const list = names.slice(0, shownNames).join(', ');
      return { id: 'track.sound.several', with: { x, list } };
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
