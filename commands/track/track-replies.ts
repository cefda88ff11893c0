import type { CommandCall, Replies } from '#src/features/command.ts';
import { defaultTrack } from '#src/features/tracks/track-names.ts';
import {
  type PlayOutcome,
  toOutcomeLine,
} from '#src/features/tracks/track-request-outcomes.ts';

export function getTrackName({ inputs }: CommandCall): string {
  return inputs.track ?? defaultTrack;
}

/** Outcomes for everybody in the channel. The caller alone reads the others. */
const sharedReply: ReadonlySet<PlayOutcome['kind']> = new Set([
  ...(['playing', 'added', 'changed', 'skipped', 'volume', 'denied'] as const),
]);

export function toReplies(all: readonly PlayOutcome[]): Replies {
  const [first = { id: 'stop.nothing' } as const, ...lines] = all.map(toOutcomeLine);
  const to = all.some(({ kind }) => sharedReply.has(kind)) ? 'room' : 'caller';
  const [skip] = all.flatMap((one) =>
    one.kind === 'denied' && one.vote ? [`track.skip:${one.track}`] : [],
  );
  return [{ ...first, to, lines, ...(skip && { buttons: [skip] }) }];
}

/** Builds replies for the presser. */
export function toShortReplies(all: readonly PlayOutcome[]): Replies {
  const [{ buttons: _, ...reply }] = toReplies(all);
  // The panel shows changes to everybody.
  return [{ ...reply, to: 'caller' }];
}
