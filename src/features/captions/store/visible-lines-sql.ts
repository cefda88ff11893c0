import sql, { join, type Sql } from 'sql-template-tag';
import type {
  Audience,
  TranscriptSearch,
  Viewer,
} from '#src/features/captions/transcript-store-types.ts';
import { key } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';

/** SQL of whether every viewer may know line `l` of session `s`: the rule of `visibility.ts`. */
export function mayKnowLine(connection: Connection, audience: Audience): Sql {
  return everyViewer(audience, (viewer) => [
    isOpen(connection, viewer),
    sql`EXISTS (SELECT 1 FROM presences p WHERE p.person_id = ${viewer.personId} AND p.session = s.key
      AND p.from_ms <= l.start_ms AND (p.to_ms IS NULL OR p.to_ms >= l.start_ms))`,
    ...unstoredOf(viewer).map(
      ({ sessionId, fromMs, toMs = Number.POSITIVE_INFINITY }) =>
        sql`(s.id = ${sessionId} AND l.start_ms >= ${fromMs} AND l.start_ms <= ${toMs})`,
    ),
  ]);
}

/** SQL of whether every viewer may know something of session `s`: more than its lines, and quick to find. */
export function mayKnowSession(connection: Connection, audience: Audience): Sql {
  return everyViewer(audience, (viewer) => [
    isOpen(connection, viewer),
    sql`s.key IN (SELECT session FROM presences WHERE person_id = ${viewer.personId})`,
    sql`s.id ${connection.among(unstoredOf(viewer).map(({ sessionId }) => sessionId))}`,
  ]);
}

function everyViewer(audience: Audience, reasons: (viewer: Viewer) => readonly Sql[]): Sql {
  return join(
    audience.map((viewer) => sql`(${join(reasons(viewer), ' OR ')})`),
    ' AND ',
  );
}

function isOpen(connection: Connection, { openPlaceIds }: Viewer): Sql {
  return sql`(s.catch_up = TRUE AND s.place_id ${connection.among(openPlaceIds)})`;
}

function unstoredOf({ personId, unstored = [] }: Viewer) {
  return unstored.filter((presence) => presence.personId === personId);
}

/** Sessions and lines in which one search looks. */
export class SearchScope {
  readonly connection: Connection;
  readonly search: TranscriptSearch;
  readonly #audience: Audience;
  #sessions: Promise<readonly number[]> | undefined;

  constructor(connection: Connection, search: TranscriptSearch, audience: Audience) {
    this.connection = connection;
    this.search = search;
    this.#audience = audience;
  }

  /** SQL of whether line `l` of session `s` is in the server, session and time of the search, and every viewer may know it. */
  hasLine(): Sql {
    const { fromWallMs, toWallMs } = this.search;
    return join(
      [
        ...this.#isInSession(),
        ...(fromWallMs === undefined
          ? []
          : [sql`l.start_ms >= ${fromWallMs} - s.started_at_wall_ms`]),
        ...(toWallMs === undefined ? [] : [sql`l.start_ms <= ${toWallMs} - s.started_at_wall_ms`]),
        mayKnowLine(this.connection, this.#audience),
      ],
      ' AND ',
    );
  }

  /** Keys of sessions of which the search may find something, the newest first: some have no such line. They are read once. */
  sessions(): Promise<readonly number[]> {
    this.#sessions ??= this.#readSessions();
    return this.#sessions;
  }

  async #readSessions(): Promise<readonly number[]> {
    const { fromWallMs, toWallMs } = this.search;
    const conditions = [
      ...this.#isInSession(),
      sql`s.first_ms IS NOT NULL`,
      ...(fromWallMs === undefined ? [] : [sql`s.last_ms >= ${fromWallMs} - s.started_at_wall_ms`]),
      ...(toWallMs === undefined ? [] : [sql`s.first_ms <= ${toWallMs} - s.started_at_wall_ms`]),
      mayKnowSession(this.connection, this.#audience),
    ];
    const rows = await this.connection.rows(
      { key },
      sql`SELECT s.key FROM sessions s WHERE ${join(conditions, ' AND ')} ORDER BY s.key DESC`,
    );
    return rows.map((row) => row.key);
  }

  #isInSession(): readonly Sql[] {
    const { guildId, sessionId } = this.search;
    const isThere = sql`s.guild_id = ${guildId}`;
    return sessionId === undefined ? [isThere] : [isThere, sql`s.id = ${sessionId}`];
  }
}
