import {
  captionsIn,
  type KnownBy,
  knownByPeople,
  mayAllKnow,
} from '#src/people/confidential-text.ts';
import type { Presence, TranscriptLine, TranscriptSession } from './transcript-line.ts';
import type { Audience } from './transcript-store-types.ts';

type KnownLine = Pick<TranscriptLine, 'sessionId' | 'startMs'>;
type LineSession = Pick<TranscriptSession, 'catchUp' | 'placeId'>;

/** Whether every one of these people may know a line. `presences` are those of its session. */
export function mayKnow(
  audience: Audience,
  line: KnownLine,
  session: LineSession,
  presences: readonly Presence[],
): boolean {
  return audience.every((viewer) => {
    const times = [...presences, ...(viewer.unstored ?? [])];
    return mayAllKnow({ people: [viewer] }, lineKnownBy(line, session, times));
  });
}

/** Those who sat there when a line was begun, and, where people were told so, those who may open its place. */
export function lineKnownBy(
  { sessionId, startMs }: KnownLine,
  { catchUp, placeId }: LineSession,
  presences: readonly Presence[],
): KnownBy {
  const present = presences.filter(
    (one) =>
      one.sessionId === sessionId &&
      one.fromMs <= startMs &&
      (one.toMs === undefined || startMs <= one.toMs),
  );
  return knownByPeople(
    present.map(({ personId }) => personId),
    [captionsIn(placeId), ...(catchUp ? [placeId] : [])],
  );
}
