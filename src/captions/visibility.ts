import type { Presence, TranscriptLine, TranscriptSession } from './transcript-line.ts';
import type { Audience, Viewer } from './transcript-store.ts';

type KnownLine = Pick<TranscriptLine, 'sessionId' | 'startMs'>;

/** Whether every one of these people may know a line. `presences` are those of its session. */
export function mayKnow(
  audience: Audience,
  line: KnownLine,
  session: Pick<TranscriptSession, 'catchUp' | 'placeId'>,
  presences: readonly Presence[],
): boolean {
  return audience.every((viewer) => mayViewerKnow(viewer, line, session, presences));
}

/** They sat there when it was begun, or, where people were told so, may open its place now. */
function mayViewerKnow(
  { personId, openPlaceIds, unstored = [] }: Viewer,
  { sessionId, startMs }: KnownLine,
  { catchUp, placeId }: Pick<TranscriptSession, 'catchUp' | 'placeId'>,
  presences: readonly Presence[],
): boolean {
  if (catchUp && openPlaceIds.includes(placeId)) return true;
  return [...presences, ...unstored].some(
    (one) =>
      one.personId === personId &&
      one.sessionId === sessionId &&
      one.fromMs <= startMs &&
      (one.toMs === undefined || startMs <= one.toMs),
  );
}
