import type { GatewaySessionInfo } from '#src/shards/ownership.ts';
import type { SqlRow } from '#src/storage/postgres/sql-connection.ts';

/** The gateway session that a row of `shards` holds; undefined: there is none to be resumed. */
export function sessionOf(row: SqlRow): GatewaySessionInfo | undefined {
  const { session_id: sessionId, resume_url: resumeUrl, sequence } = row;
  if (typeof sessionId !== 'string' || typeof resumeUrl !== 'string') return undefined;
  return { sessionId, resumeUrl, sequence: Number(sequence ?? 0) };
}
