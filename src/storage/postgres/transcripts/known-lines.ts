import type { Audience } from '#src/captions/transcript-store.ts';

/**
 * SQL of whether every viewer may know line `l` of session `s`: the rule of `visibility.ts`. Its value, the n-th, is that of
 * `viewersOf`.
 */
export function mayKnowLine(n: number): string {
  return everyViewer(
    n,
    (during) => `${during}.from_ms <= l.start_ms
    AND l.start_ms <= coalesce(${during}.to_ms, 'Infinity')`,
  );
}

/** SQL of whether every viewer may know something of session `s`: more than its lines, and quick to find. */
export function mayKnowSession(n: number): string {
  return everyViewer(n, () => 'true');
}

/** Viewers as one value of a statement. */
export function viewersOf(audience: Audience): string {
  const viewers = audience.map(({ personId, openPlaceIds, unstored = [] }) => ({
    person_id: personId,
    place_ids: openPlaceIds,
    unstored: unstored
      .filter((presence) => presence.personId === personId)
      .map(({ sessionId, fromMs, toMs }) => ({
        session_id: sessionId,
        from_ms: fromMs,
        to_ms: toMs ?? null,
      })),
  }));
  return JSON.stringify(viewers);
}

function everyViewer(n: number, isThen: (during: string) => string): string {
  return `NOT EXISTS (
    SELECT FROM jsonb_to_recordset($${n}::jsonb)
      AS v(person_id text, place_ids jsonb, unstored jsonb)
    WHERE NOT (
      (s.catch_up = 1 AND v.place_ids ? s.place_id)
      OR EXISTS (
        SELECT FROM presences p
        WHERE p.session = s.key AND p.person_id = v.person_id AND ${isThen('p')})
      OR EXISTS (
        SELECT FROM jsonb_to_recordset(v.unstored)
          AS u(session_id text, from_ms double precision, to_ms double precision)
        WHERE u.session_id = s.id AND ${isThen('u')})
    ))`;
}
