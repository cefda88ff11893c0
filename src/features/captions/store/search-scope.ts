import sql, { join, type Sql } from 'sql-template-tag';
import type {
  OpenChannels,
  TranscriptSearch,
} from '#src/features/captions/transcript-store-types.ts';
import { key } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';

/** SQL of whether the words of session `s` are let out. */
export function isOpenSession(connection: Connection, { channelIds, own }: OpenChannels): Sql {
  const isOpen = sql`s.channel_id ${connection.among(channelIds)}`;
  if (!own || own.goneChannelIds.length === 0) return isOpen;
  return sql`(${isOpen} OR s.channel_id ${connection.among(own.goneChannelIds)} AND EXISTS (
    SELECT 1 FROM lines o WHERE o.session = s.key AND o.person_id = ${own.personId}))`;
}

/** Sessions and lines in which one search looks. */
export class SearchScope {
  readonly connection: Connection;
  readonly search: TranscriptSearch;
  readonly #open: OpenChannels;
  #sessions: Promise<readonly number[]> | undefined;

  constructor(connection: Connection, search: TranscriptSearch, open: OpenChannels) {
    this.connection = connection;
    this.search = search;
    this.#open = open;
  }

  /** SQL of whether line `l` of session `s` is in the server, session and time of the search, and is let out. */
  hasLine(): Sql {
    const { fromWallMs, toWallMs } = this.search;
    return join(
      [
        ...this.#isInSession(),
        ...(fromWallMs === undefined
          ? []
          : [sql`l.start_ms >= ${fromWallMs} - s.started_at_wall_ms`]),
        ...(toWallMs === undefined ? [] : [sql`l.start_ms <= ${toWallMs} - s.started_at_wall_ms`]),
        isOpenSession(this.connection, this.#open),
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
      isOpenSession(this.connection, this.#open),
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
