import type { CommandCall, Replies } from '#src/features/command.ts';
import { usualTrack } from '#src/features/tracks/track-names.ts';
import {
  outcomeText,
  type PlayOutcome,
  type TrackCaller,
} from '#src/features/tracks/track-outcomes.ts';

/** The caller as the owner of sounds on tracks. */
export function callerOf({ callerId, callerName, mayManage }: CommandCall): TrackCaller {
  return { id: callerId, name: callerName, mayManage };
}

/** The named track, or the default one. */
export function trackIn({ words }: CommandCall): string {
  return words.track ?? usualTrack;
}

/** Outcomes that concern everybody in the channel; what else keeps a request from being done is for its caller. */
const shared: ReadonlySet<PlayOutcome['kind']> = new Set([
  ...(['playing', 'added', 'changed', 'skipped', 'volume', 'denied'] as const),
]);

/** Outcomes of all tracks, one a line; the channel reads changes and votes. */
export function repliesOf(all: readonly PlayOutcome[]): Replies {
  const [first = { id: 'stop.nothing' } as const, ...lines] = all.map(outcomeText);
  const to = all.some(({ kind }) => shared.has(kind)) ? 'room' : 'caller';
  const [skip] = all.flatMap((one) =>
    one.kind === 'denied' && one.vote ? [`track.skip:${one.track}`] : [],
  );
  return [{ ...first, to, lines, ...(skip && { buttons: [skip] }) }];
}

/** Outcomes for the presser of a panel button alone, as everybody sees in the panel what has changed. */
export function shortRepliesOf(all: readonly PlayOutcome[]): Replies {
  const [{ buttons: _, ...reply }] = repliesOf(all);
  return [{ ...reply, to: 'caller' }];
}
