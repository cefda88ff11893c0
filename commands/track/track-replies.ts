import type { CommandCall, Replies } from '#src/features/command.ts';
import { defaultTrack } from '#src/features/tracks/track-names.ts';
import {
  type PlayOutcome,
  toOutcomeLine,
} from '#src/features/tracks/track-request-outcomes.ts';

/** Returns the typed track, or the default track. */
export function getTrackName({ inputs }: CommandCall): string {
  return inputs.track ?? defaultTrack;
}

/** Outcomes for everybody in the channel. The caller alone reads the others. */
const sharedOutcomes: ReadonlySet<PlayOutcome['kind']> = new Set([
  ...(['playing', 'added', 'changed', 'skipped', 'volume', 'denied'] as const),
]);

/** Builds a reply to outcomes, with a button for a vote to skip. */
export function toReplies(outcomes: readonly PlayOutcome[]): Replies {
  const [heading = { id: 'stop.nothing' } as const, ...lines] =
    outcomes.map(toOutcomeLine);
  const isShared = outcomes.some(({ kind }) => sharedOutcomes.has(kind));
  const [skipButton] = outcomes.flatMap((outcome) =>
    outcome.kind === 'denied' && outcome.vote ? [`track.skip:${outcome.track}`] : [],
  );
  return [
    {
      ...heading,
      to: isShared ? 'room' : 'caller',
      lines,
      ...(skipButton && { buttons: [skipButton] }),
    },
  ];
}

/** Builds replies for the presser. */
export function toShortReplies(outcomes: readonly PlayOutcome[]): Replies {
  const [{ buttons: _, ...reply }] = toReplies(outcomes);
  // The panel shows changes to everybody.
  return [{ ...reply, to: 'caller' }];
}
