import { id, instant, integer, key, optional, text } from '#src/sql/columns.ts';
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
};

/** Sessions. `firstMs`, `lastMs` and `lastNumber` bound the starts and numbers of their lines. */
export const sessions = table(
  'sessions',
  {
    key,
    ...sessionColumns,
    firstMs: optional(instant),
    lastMs: optional(instant),
    lastNumber: optional(integer),
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
