import type { SqlDialect } from '#src/sql/columns.ts';
import { createTables, type Table } from '#src/sql/table.ts';
import type { Migration } from '#src/storage/schema.ts';
import { consentsOfFormat16 } from './consents.ts';
import { spendingPart } from './spending.ts';
import { spendingPortions } from './spending-portions.ts';
import { storeParts } from './store-parts.ts';

/** All tables of the store, in both databases. */
export const tables: readonly Table[] = [
  ...Object.values(storeParts).flatMap((part): readonly Table[] => part.tables),
  spendingPortions,
];

/**
 * The migrations of the store, in order; a released one never changes.
 *
 * The first one creates the whole schema. Formats from before the first release have lower numbers, and are refused.
 *
 * Ids are text, so that a forgotten one can be searched for in the bytes. No table holds sound.
 */
export function migrationsOf(dialect: SqlDialect): readonly Migration[] {
  return [
    { version: 15, sql: createTables(tables, dialect) },
    { version: 16, sql: consentsOfFormat16(dialect) },
    { version: 17, sql: spendingOfFormat17(dialect) },
    { version: 18, sql: 'ALTER TABLE api_tokens ADD COLUMN channel_ids text', isUpgrade: true },
    { version: 19, sql: format19(dialect), isUpgrade: true },
  ];
}

/** Only dollars of days of UTC are counted: what was spent on the day of the upgrade is forgotten. */
function spendingOfFormat17(dialect: SqlDialect): string {
  const former = ['spent', 'spent_by_person', 'spent_on_captions'];
  const dropped = former.map((name) => `DROP TABLE IF EXISTS ${name};`);
  return [...dropped, createTables(spendingPart.tables, dialect)].join('\n');
}

/** Settings of servers that there are no more. */
const deleteRemovedSettings = `
  DELETE FROM server_settings WHERE key IN ('announce', 'budget_month', 'budget_person', 'catch_up',
    'duck_for_people', 'names', 'personas_answer', 'show_heard');`;

/** Processes share the cap over all servers alone, and removed settings are not kept. */
function format19(dialect: SqlDialect): string {
  const former = ['spending_reserves', spendingPortions.name];
  const dropped = former.map((name) => `DROP TABLE IF EXISTS ${name};`);
  return [...dropped, createTables([spendingPortions], dialect), deleteRemovedSettings].join('\n');
}
