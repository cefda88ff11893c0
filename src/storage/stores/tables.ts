import type { SqlDialect } from '#src/sql/columns.ts';
import { createTables } from '#src/sql/create-table.ts';
import type { Table } from '#src/sql/table.ts';
import type { Migration } from '#src/storage/schema.ts';
import { consentsOfFormat16 } from './consents.ts';
import { spendingReserves } from './shared-spending.ts';
import { spendingPart } from './spending.ts';
import { storeParts } from './store-parts.ts';

/** All tables of the store, in both databases. */
export const tables: readonly Table[] = [
  ...Object.values(storeParts).flatMap((part): readonly Table[] => part.tables),
  spendingReserves,
];

/**
 * The migrations of the store, in order, with `further` tables of one database; a released one never changes.
 *
 * The first one creates the whole schema. Formats from before the first release have lower numbers, and are refused.
 *
 * Ids are text, so that a forgotten one can be searched for in the bytes. No table holds sound.
 */
export function migrationsOf(
  dialect: SqlDialect,
  further: readonly Table[] = [],
): readonly Migration[] {
  return [
    { version: 15, sql: createTables([...tables, ...further], dialect) },
    { version: 16, sql: consentsOfFormat16(dialect) },
    { version: 17, sql: spendingOfFormat17(dialect) },
    { version: 18, sql: 'ALTER TABLE api_tokens ADD COLUMN channel_ids text', isUpgrade: true },
  ];
}

/** Only dollars of days of UTC are counted: what was spent on the day of the upgrade is forgotten. */
function spendingOfFormat17(dialect: SqlDialect): string {
  const former = ['spent', 'spent_by_person', 'spent_on_captions', 'spending_reserves'];
  const dropped = former.map((name) => `DROP TABLE IF EXISTS ${name};`);
  return [...dropped, createTables([...spendingPart.tables, spendingReserves], dialect)].join('\n');
}
