import type { TrackOutcome } from '#src/session/ports/tracks.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** What became of a track among others, in one sentence that names it. */
export function namedOutcome(one: TrackOutcome): TextLine {
  if (one.kind !== 'denied') return trackOutcome(one);
  const { track, owner, votes, needed } = one;
  return { id: 'track.denied.on', with: { track, owner, votes, needed } };
}

/** What became of a track, in one sentence. */
export function trackOutcome(one: TrackOutcome): TextLine {
  switch (one.kind) {
    case 'paused':
    case 'resumed':
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
    case 'volume':
      return { id: 'track.volume', with: { track: one.track, n: one.percent } };
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
