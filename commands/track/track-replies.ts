import type { CommandCall, Replies } from '#src/features/command.ts';
import { defaultTrack } from '#src/features/tracks/track-names.ts';
import {
  type PlayOutcome,
  type TrackCaller,
  toOutcomeLine,
} from '#src/features/tracks/track-request-outcomes.ts';

/** The caller as the owner of sounds on tracks. */
export function toTrackCaller({ callerId, callerName, mayManage }: CommandCall): TrackCaller {
  return { id: callerId, name: callerName, mayManage };
}

/** The named track, or the default one. */
export function getTrackName({ words }: CommandCall): string {
  return words.track ?? defaultTrack;
}

/** Outcomes that concern everybody in the channel; what else keeps a request from being done is for its caller. */
const sharedReply: ReadonlySet<PlayOutcome['kind']> = new Set([
  ...(['playing', 'added', 'changed', 'skipped', 'volume', 'denied'] as const),
]);

/** Outcomes of all tracks, one a line; the channel reads changes and votes. */
export function toReplies(all: readonly PlayOutcome[]): Replies {
  const [first = { id: 'stop.nothing' } as const, ...lines] = all.map(toOutcomeLine);
  const to = all.some(({ kind }) => sharedReply.has(kind)) ? 'room' : 'caller';
  const [skip] = all.flatMap((one) =>
    one.kind === 'denied' && one.vote ? [`track.skip:${one.track}`] : [],
  );
  return [{ ...first, to, lines, ...(skip && { buttons: [skip] }) }];
}

/** Outcomes for the presser of a panel button alone, as everybody sees in the panel what has changed. */
export function toShortReplies(all: readonly PlayOutcome[]): Replies {
  const [{ buttons: _, ...reply }] = toReplies(all);
  return [{ ...reply, to: 'caller' }];
}
