import type { CommandCall, Replies, ReplyAudience } from '#src/features/contract/command.ts';
import { usualTrack } from '#src/features/tracks/track-names.ts';
import { trackOutcome } from '#src/features/tracks/track-outcome-texts.ts';
import type { ListedTrack, TrackCaller } from '#src/features/tracks/track-outcomes.ts';
import type { TrackOutcome } from '#src/playback/tracks/track-outcomes.ts';
import { playingTime } from '#src/texts/duration.ts';
import { type Locale, type TextLine, text } from '#src/texts/texts.ts';

/** The caller as the owner of sounds on tracks. */
export function callerOf({ callerId, callerName, mayManage }: CommandCall): TrackCaller {
  return { id: callerId, name: callerName, mayManage };
}

/** The named track, or the default one. */
export function trackIn({ words }: CommandCall): string {
  return words.track ?? usualTrack;
}

/** Outcomes that changed nothing. */
const idle: ReadonlySet<TrackOutcome['kind']> = new Set([
  ...(['empty', 'past-end', 'unseekable', 'no-item', 'unknown', 'reserved', 'nowhere'] as const),
]);

/** Outcomes of all tracks, one a line; the channel reads changes and votes. */
export function repliesOf(all: readonly TrackOutcome[]): Replies {
  const lines = all.map(trackOutcome);
  const [first = { id: 'stop.nothing' } as const, ...rest] = lines;
  const to: ReplyAudience = all.every(({ kind }) => idle.has(kind)) ? 'caller' : 'room';
  const poll = all.find((one) => one.kind === 'denied' && one.vote);
  const more = rest.length > 0 && { lines: rest };
  return [
    {
      ...first,
      to,
      ...more,
      ...(poll && 'track' in poll && { buttons: [`track.skip:${poll.track}`] }),
    },
  ];
}

/** Outcomes for the presser of a panel button alone, as everybody sees in the panel what has changed. */
export function shortRepliesOf(all: readonly TrackOutcome[]): Replies {
  const [{ buttons: _, ...reply }] = repliesOf(all);
  return [{ ...reply, to: 'caller' }];
}

/** One track with what sounds there. */
export function trackLine(view: ListedTrack, locale: Locale): TextLine {
  const { name: track, percent: n, current, isMuted, isPaused } = view;
  if (!current) return { id: 'track.line.idle', with: { track, n } };
  const { title, owner, positionMs, lengthMs, loop } = current;
  if (positionMs === undefined) {
    const time = owner ?? text('transcript.somebody', {}, locale);
    return { id: 'track.line', with: { track, title, time, n } };
  }
  const marks = [
    isPaused && text('panel.paused', {}, locale),
    playingTime(positionMs, lengthMs),
    loop && text('track.loops', {}, locale),
    isMuted && text('track.mutes', {}, locale),
  ];
  const time = marks.filter(Boolean).join(', ');
  return { id: 'track.line', with: { track, title, time, n } };
}
