import type { NamedTrack } from '#src/playback/tracks/named-track.ts';
import type { SeekTarget, TrackAction, TrackOutcome, TrackSetting } from './track-outcomes.ts';

/** One thing done to one track. */
export type TrackCommand = { readonly track: string } & (
  | { readonly kind: TrackAction }
  | Exclude<TrackSetting, { kind: 'remove' }>
  /** `serial` is that of a sound which waits. */
  | { readonly kind: 'remove'; readonly serial: number }
);

/** Command for a sound, or for a track that holds one. */
type SoundCommand = Exclude<TrackCommand, { kind: 'volume' | 'remove' }>;

/** Performs a command on a track that holds a sound. */
export function performOn(track: NamedTrack, command: SoundCommand): TrackOutcome {
  const { name } = track;
  switch (command.kind) {
    case 'pause':
      track.pause();
      return { kind: 'paused', track: name };
    case 'resume':
      track.resume();
      return { kind: 'resumed', track: name };
    case 'mute':
      track.mute();
      return { kind: 'muted', track: name };
    case 'unmute':
      track.unmute();
      return { kind: 'unmuted', track: name };
    case 'skip':
      return skip(track);
    case 'stop': {
      const stopped = track.stop();
      if (stopped.kind === 'idle') return { kind: 'empty', track: name };
      return { kind: 'stopped', track: name, removed: stopped.removed };
    }
    case 'fade': {
      const { overMs } = command;
      return { kind: 'fading', track: name, percent: track.fade(command.percent, overMs), overMs };
    }
    case 'seek':
      return seek(track, command.to);
    case 'loop':
      return loop(track, command.on);
  }
}

function skip(track: NamedTrack): TrackOutcome {
  const skipped = track.skip();
  if (skipped.kind === 'idle') return { kind: 'empty', track: track.name };
  const { item, next } = skipped;
  const after = next && { next: next.source.title };
  return { kind: 'skipped', track: track.name, title: item.source.title, ...after };
}

function seek(track: NamedTrack, { kind, ms }: SeekTarget): TrackOutcome {
  const { now } = track.view;
  const { title, lengthMs } = now?.source ?? { title: '' };
  const sought = track.seek(kind === 'at' ? ms : (now?.positionMs ?? 0) + ms);
  switch (sought.kind) {
    case 'sought': {
      const length = lengthMs !== undefined && { lengthMs };
      const { positionMs } = sought;
      return { kind: 'sought', track: track.name, title, positionMs, ...length };
    }
    case 'past-end':
      return { kind: 'past-end', track: track.name, title, lengthMs: sought.lengthMs };
    case 'unseekable':
      return { kind: 'unseekable', track: track.name, title };
    case 'idle':
      return { kind: 'empty', track: track.name };
  }
}

function loop(track: NamedTrack, on: boolean): TrackOutcome {
  const title = track.view.now?.source.title ?? '';
  const looped = track.loop(on);
  switch (looped.kind) {
    case 'looping':
      return { kind: looped.on ? 'looping' : 'unlooped', track: track.name, title };
    case 'unseekable':
      return { kind: 'unseekable', track: track.name, title };
    case 'idle':
      return { kind: 'empty', track: track.name };
  }
}

/**
 * Place, from 0, of what a person means among these titles by its number from 1, its title, or both as in `2. rain`; of several
 * the first, -1 where there is none.
 */
export function placeMeant(titles: readonly string[], typed: string): number {
  const trimmed = typed.trim();
  const [numbered = '', digits] = /^(\d{1,3})(?:\.|$)/.exec(trimmed) ?? [];
  const all = titles.map((title) => title.toLowerCase());
  const wanted = trimmed.slice(numbered.length).trim().toLowerCase();
  const place = digits === undefined ? -1 : Number(digits) - 1;
  if (wanted === '') return place in all ? place : -1;
  if (all[place] === wanted) return place;
  // It has moved up since its place was read, or was named by its title.
  const called = all.indexOf(wanted);
  return called >= 0 ? called : all.findIndex((title) => title.includes(trimmed.toLowerCase()));
}
