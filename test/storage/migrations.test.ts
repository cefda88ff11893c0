import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { migrations } from '#src/storage/main-format.ts';
import { storesPart } from '#src/storage/postgres/stores/schema.ts';
import { transcriptsPart } from '#src/storage/postgres/transcripts/schema.ts';
import type { Migration } from '#src/storage/schema.ts';
import { migrations as transcriptMigrations } from '#src/storage/transcripts/schema.ts';

/**
 * Versions with the beginning of the SHA-256 of their SQL. A declaration of a table changes the migration that creates it: before a
 * release the new hash stands here, after it the declaration needs a further migration.
 */
const known: readonly (readonly [string, readonly Migration[], readonly string[]])[] = [
  [
    'parley.db',
    migrations,
    ['15 3ef8025d0812402d', '16 788aecbcbe88858a', '17 dc5c8ed963e5d863', '18 7f3df392d89fb151'],
  ],
  [
    'the store in PostgreSQL',
    storesPart.migrations,
    ['15 42c1db3ed57ea8ce', '16 479e9b274eac96ab', '17 8815bc8e0cb7995e', '18 7f3df392d89fb151'],
  ],
  ['transcripts.db', transcriptMigrations, ['3 9faf80ac0b09316f', '5 f3de91d5b7211bc5']],
  [
    'transcripts in PostgreSQL',
    transcriptsPart.migrations,
    ['3 8cdb99baa8b16320', '5 8129c5d83e1a4e7b'],
  ],
];

test.each(known)('the migrations of %s are those that were known', (_, all, hashes) => {
  const now = all.map(({ version, sql }) => {
    const hash = createHash('sha256').update(sql).digest('hex');
    return `${version} ${hash.slice(0, 16)}`;
  });
  expect(now).toEqual(hashes);
});
