import sql, { type Sql } from 'sql-template-tag';
import { flag, id, instant, integer, key, optional, reference, text } from '#src/sql/columns.ts';
import { table } from '#src/sql/table.ts';

/** Servers. The words of a line stand in the index behind the key of their server. */
export const guilds = table(
  'guilds',
  { key, guildId: id },
  {
    key: ['key'],
    unique: [['guildId']],
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Columns of a `TranscriptSession`. */
export const sessionColumns = {
  id,
  guildId: id,
  channelId: id,
  channelName: text,
  placeId: id,
  startedAtWallMs: instant,
  endedAtWallMs: optional(instant),
  catchUp: flag,
};

/**
 * Sessions. `firstMs`, `lastMs` and `lastNumber` bound the starts and numbers of their lines; `writtenBy` is the process that
 * goes on with one.
 */
export const sessions = table(
  'sessions',
  {
    key,
    ...sessionColumns,
    firstMs: optional(instant),
    lastMs: optional(instant),
    lastNumber: optional(integer),
    writtenBy: optional(id),
  },
  {
    key: ['key'],
    unique: [['id']],
    indexes: {
      sessions_by_guild: ['guildId', 'key'],
      sessions_by_channel: ['guildId', 'channelId', 'key'],
      open_sessions: { fields: ['key'], where: 'ended_at_wall_ms IS NULL' },
    },
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Times at which people sat in the channel of a session. */
export const presences = table(
  'presences',
  { session: reference, personId: id, fromMs: instant, toMs: optional(instant) },
  {
    key: ['personId', 'session', 'fromMs'],
    indexes: { presences_by_session: ['session'] },
    person: { forget: 'delete-in-session', column: 'personId', session: 'session' },
    server: { forget: 'delete-in-session', session: 'session' },
  },
);

/** Columns of a `Presence`. */
export const presenceColumns = {
  sessionId: id,
  personId: id,
  fromMs: instant,
  toMs: optional(instant),
};

/** SQL of presences `p` with their sessions `s`, in `presenceColumns`. */
export const presencesOfSessions: Sql = sql`
  SELECT s.id AS session_id, p.person_id, p.from_ms, p.to_ms
  FROM presences p JOIN sessions s ON s.key = p.session`;
