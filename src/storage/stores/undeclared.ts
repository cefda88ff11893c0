import {
  flag,
  id,
  instant,
  integer,
  money,
  type SqlDialect,
  text,
} from '#src/storage/sql/columns.ts';
import { type Table, table } from '#src/storage/sql/table.ts';
import { tables } from './tables.ts';

/** All tables, with the rules of those that the schema still creates by hand. */
export function withUndeclared(dialect: SqlDialect): readonly Table[] {
  const names = new Set(tables.map(({ name }) => name));
  const others = ['api_tokens', 'seats', 'spent_on_captions', 'tracks'].map((name) =>
    table(name, { guildId: id }, { ...ofServer, person: { forget: 'nothing' } }),
  );
  const ofPersons = [
    table('seat_consents', { ...inServer, kind: text }, aboutPersons),
    table('spent_by_person', { ...inServer, day: id, ...amounts }, aboutPersons),
    table('track_sounds', { ...inServer, ...sound }, aboutPersons),
  ];
  const shared = dialect === 'postgres' ? [reserves] : [];
  return [
    ...tables,
    ...[spent, ...others, ...ofPersons, ...shared].filter(({ name }) => !names.has(name)),
  ];
}

const inServer = { guildId: id, personId: id };
const ofServer = { key: [], server: { forget: 'delete', column: 'guildId' } } as const;

const spent = table(
  'spent',
  { guildId: id },
  {
    key: [],
    person: { forget: 'nothing' },
    server: {
      forget: 'later',
      column: 'guildId',
      reason: 'A server that comes back has its budget of the month, and not a new one.',
    },
  },
);

const aboutPersons = { ...ofServer, person: { forget: 'delete', column: 'personId' } } as const;
const amounts = { nanoUsd: money, ms: money, unpriced: money, turns: money };
const sound = {
  channelId: id,
  track: id,
  place: integer,
  kind: text,
  origin: text,
  type: text,
  title: text,
  personName: text,
  positionMs: instant,
  isLoop: flag,
};

const reserves = table('spending_reserves', inServer, {
  ...ofServer,
  person: {
    forget: 'discard',
    column: 'personId',
    reason: 'A reserve counts only while an answer runs.',
  },
});
